/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h> /* expect: only in net/ */
#include <linux/landlock.h> /* expect: only in cli/sandbox.c */
