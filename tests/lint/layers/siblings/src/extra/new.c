/* SPDX-License-Identifier: Apache-2.0 */ /* expect: not a folder of the table */
