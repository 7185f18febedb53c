#!/bin/sh
# render.sh TITLE CONTENT OUT: makes an HTML page of each text file, and an index of them.
set -eu
title=$1 content=$2 out=$3
mkdir -p "$out"
links=""
for file in "$content"/*.txt; do
  name=$(basename "$file" .txt)
  heading=$(head -n 1 "$file")
  {
    sed "s/@TITLE@/$heading/" site/head.html
    tail -n +2 "$file" | sed 's/^$/<p>/'
    cat site/foot.html
  } > "$out/$name.html"
  links="$links<li><a href=\"$name.html\">$heading</a></li>"
  echo "rendered $name.html"
done
{
  sed "s/@TITLE@/$title/" site/head.html
  echo "<ul>$links</ul>"
  cat site/foot.html
} > "$out/index.html"
