#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares our orders of deb and rpm versions with the real dpkg and rpm on thousands of generated
# pairs, and what deb calls a version with dpkg. TAP on standard output.
#
#   compare_reference.sh PROGRAM      PROGRAM vercmp SCHEME - : "A B" lines in, one of < = > out
set -u
export LC_ALL=C
program=${1:?usage: compare_reference.sh PROGRAM}
pairs_rpm=20000 # one process for all
pairs_deb=2000  # one or two processes for each
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# generate SCHEME N: N pairs, the same on every machine (awk's rand() is not). The second of a pair
# is often the first with one piece changed, because unrelated versions differ in the first byte.
generate() {
    awk -v scheme="$1" -v n="$2" '
    function pick(k) { seed = (seed * 16807) % 2147483647; return int(seed / 7) % k }
    function piece() { return part[pick(parts) + 1] }
    function join(  s, i) { s = ""; for (i = 1; i <= len; i++) s = s v[i]; return s }
    function finish(s) {
        if (scheme == "deb") { # what dpkg accepts: a digit first, something behind the hyphen
            if (pick(4) == 0) s = s "-" pick(3)
            if (s ~ /[-]$/) s = s "0"
            s = pick(3) s
        }
        if (s == "") s = "0"
        return pick(5) == 0 ? pick(3) ":" s : s
    }
    BEGIN {
        seed = 20240917
        deb = "0 1 2 9 10 00 01 007 . . . - + ~ ~ a b z A Z rc git dfsg beta deb11u1 99999999999999999999"
        rpm = "0 1 2 9 10 00 01 007 . . . - + ~ ~ ^ ^ _ a b z A Z rc git fc17 el8_9 99999999999999999999"
        parts = split(scheme == "deb" ? deb : rpm, part, " ")
        while (n-- > 0) {
            len = 1 + pick(7)
            for (i = 1; i <= len; i++) v[i] = piece()
            a = finish(join())
            if (pick(4) == 0) { len = 1 + pick(7); for (i = 1; i <= len; i++) v[i] = piece() }
            else v[1 + pick(len)] = pick(4) ? piece() : ""
            print a, finish(join())
        }
    }'
}

# check NUMBER SCHEME: our answers for $tmp/SCHEME.pairs against $tmp/SCHEME.want
check() {
    if "$program" vercmp "$2" - <"$tmp/$2.pairs" >"$tmp/$2.got" 2>"$tmp/$2.err" &&
        [ -s "$tmp/$2.want" ] && cmp -s "$tmp/$2.got" "$tmp/$2.want"; then
        echo "ok $1 - $2: $(wc -l <"$tmp/$2.pairs") pairs as $3 orders them"
        return
    fi
    status=1
    echo "not ok $1 - $2: pairs as $3 orders them"
    sed 's/^/# /' "$tmp/$2.err"
    paste -d ' ' "$tmp/$2.pairs" "$tmp/$2.got" "$tmp/$2.want" | awk '
        NF != 4 { print "# no answer from one of the two: " $0; if (++shown >= 20) exit; next }
        $3 != $4 { print "# " $1 " " $2 ": we say " $3 ", not " $4; if (++shown >= 20) exit }'
}

# Prints nothing for a pair dpkg complains about, which then fails as a missing answer.
ask_dpkg() {
    while read -r a b; do
        if dpkg --compare-versions "$a" lt "$b"; then
            echo '<'
        elif dpkg --compare-versions "$a" eq "$b"; then
            echo '='
        else
            echo '>'
        fi
    done <"$tmp/deb.pairs" >"$tmp/deb.want" 2>"$tmp/deb.complaints"
    if [ -s "$tmp/deb.complaints" ]; then
        echo "# dpkg: $(head -n 1 "$tmp/deb.complaints")"
        : >"$tmp/deb.want"
    fi
}

# One chunk of Lua for all pairs. No '%' in it: rpm would see a macro.
ask_rpm() {
    rpm --eval '%{lua:
        local word = { [-1] = "<", [0] = "=", [1] = ">" }
        local out = io.open("'"$tmp"'/rpm.want", "w")
        for line in io.lines("'"$tmp"'/rpm.pairs") do
            local at = string.find(line, " ", 1, true)
            local c = rpm.vercmp(string.sub(line, 1, at - 1), string.sub(line, at + 1))
            out:write(word[c], "\n")
        end
        out:close()
    }' >/dev/null 2>"$tmp/rpm.complaints" || sed 's/^/# rpm: /' "$tmp/rpm.complaints"
}

status=0
echo 1..2
if command -v dpkg >/dev/null; then
    generate deb $pairs_deb >"$tmp/deb.pairs"
    ask_dpkg
    check 1 deb dpkg
else
    echo 'ok 1 - deb # SKIP no dpkg here'
fi
# rpm.vercmp() compares whole epoch:version-release since 4.16; before it is not there or differs.
if command -v rpm >/dev/null && [ "$(rpm --eval '%{lua: print(rpm.vercmp("1:1-1", "2-2"))}' 2>/dev/null)" = 1 ]; then
    generate rpm $pairs_rpm >"$tmp/rpm.pairs"
    ask_rpm
    check 2 rpm rpm
else
    echo 'ok 2 - rpm # SKIP no rpm with rpm.vercmp() here'
fi
exit $status
