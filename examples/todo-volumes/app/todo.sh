#!/bin/sh
# todo add TEXT…, todo list, todo done NUMBER: a list in a file of the data folder.
set -eu
file=${TODO_DIR:-/data}/todo.txt
command=${1:-list}
[ $# -gt 0 ] && shift
case $command in
  add)
    echo "$*" >> "$file"
    echo "added: $*"
    ;;
  list)
    if [ -s "$file" ]; then
      number=1
      while read -r line; do
        echo "$number. $line"
        number=$((number + 1))
      done < "$file"
    else
      echo "nothing to do"
    fi
    ;;
  done)
    sed "${1}d" "$file" > "$file.new"
    mv "$file.new" "$file"
    ;;
  *)
    echo "usage: todo add TEXT | list | done NUMBER" >&2
    exit 2
    ;;
esac
