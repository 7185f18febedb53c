#!/usr/bin/env node
/**
 * The command line. This file is all that is loaded for `--version`; the rest lies in pieces beside it, whose compiled code is kept between runs.
 */
import { join } from 'node:path'
import { loadProgram, type Program } from './chunks.js'
import { VERSION } from './version.js'

/** Put in by the bundler. */
declare const PROGRAMS: { readonly all: Program; readonly build: Program }

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) console.log(VERSION)
else {
  const command = commandOf(args)
  const chosen = command === 'build' ? PROGRAMS.build : PROGRAMS.all
  const program = loadProgram<typeof import('./program.js')>(join(import.meta.dirname, 'chunks'), chosen, command)
  void program.exports.runProgram(args, VERSION).then((status) => {
    process.exitCode = status
    if (status === 0) program.keep()
  })
}

/** The first word behind where the store is named. */
function commandOf(words: readonly string[]): string | undefined {
  if (words[0] === '--store') return words[2]
  return words[0]?.startsWith('--store=') ? words[1] : words[0] // prefix-ok: a flag
}
