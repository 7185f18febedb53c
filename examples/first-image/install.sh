#!/bin/sh
# Installs the dependencies that package.json names from vendor/, as a package manager would from its registry.
set -eu
sed -n '/"dependencies"/,/}/s/^ *"\([a-z-]*\)": *"\([0-9.]*\)".*/\1 \2/p' package.json | while read -r name version; do
  echo "installing $name@$version"
  mkdir -p "node_modules/$name"
  cp -r "vendor/$name-$version/." "node_modules/$name"
done
