/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls this project does not make: unbounded copies, locale-dependent classification, integer
 * parsing without errors. Using one is a compile error that names the replacement. Included by
 * every header of base, after the system headers it needs.
 */
#ifndef VULNWARD_BASE_BANNED_H
#define VULNWARD_BASE_BANNED_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNED(name, instead) name##_is_banned_use_##instead
#undef strcpy
#define strcpy(a, b) BANNED(strcpy, str_or_arena)
#undef strcat
#define strcat(a, b) BANNED(strcat, buf_add)
#undef strncpy
#define strncpy(a, b, n) BANNED(strncpy, str_or_arena)
#undef strncat
#define strncat(a, b, n) BANNED(strncat, buf_add)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, vsnprintf)
#undef strtok
#define strtok(a, b) BANNED(strtok, str_split)
#undef atoi
#define atoi(a) BANNED(atoi, str_to_u64)
#undef atol
#define atol(a) BANNED(atol, str_to_u64)
#undef strtol
#define strtol(a, b, c) BANNED(strtol, str_to_u64)
#undef strtoul
#define strtoul(a, b, c) BANNED(strtoul, str_to_u64)
#undef isalpha
#define isalpha(c) BANNED(isalpha, char_is_alpha)
#undef isdigit
#define isdigit(c) BANNED(isdigit, char_is_digit)
#undef isspace
#define isspace(c) BANNED(isspace, char_is_space)
#undef tolower
#define tolower(c) BANNED(tolower, char_lower)
#undef toupper
#define toupper(c) BANNED(toupper, char_lower)

#endif
