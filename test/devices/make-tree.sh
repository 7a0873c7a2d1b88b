#!/usr/bin/env bash
# Fills the folder $1, on the file system of kind $2, with what file systems differ in. Leaves out what that kind cannot hold.
set -euo pipefail
cd "$1"
umask 022
mkdir -p etc/deep/er many empty
printf 'hello\n' >etc/hello.txt
seq 1 200000 >etc/numbers
for number in $(seq 1 300); do printf '%s' "$number" >"many/a-rather-long-name-of-a-file-that-fills-folders-$number"; done
printf 'umlaut' >'ünïcödé ☃'
touch -d '2031-01-01T00:00:00Z' etc/numbers
[ "$2" = ntfs ] && exit
ln etc/hello.txt etc/hard
ln -s ../etc/hello.txt etc/relative
ln -s /etc/passwd absolute
ln -s ../../../../outside escaping
ln -s "$(printf 'long/%.0s' {1..60})" long-link
mknod null c 1 3
mkfifo pipe
truncate -s 30000000 sparse && printf 'middle' | dd of=sparse bs=1 seek=15000000 conv=notrunc status=none
printf 'newline' >"$(printf 'new\nline')"
chmod 4751 etc/hello.txt
chmod 1777 empty
chown 100001:70000 etc/numbers
touch -d '2031-01-01T00:00:00.123456789Z' etc/numbers
