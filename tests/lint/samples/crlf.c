// lint as: fuzz/crlf.c
/* SPDX-License-Identifier: Apache-2.0 */
int crlf; // expect: line-end // expect: trailing-blank
