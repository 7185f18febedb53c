#!/bin/sh
# How many directories and files lie below a folder, as JSON.
tree -J "$1" | jq -c '.[-1] | {directories, files}'
