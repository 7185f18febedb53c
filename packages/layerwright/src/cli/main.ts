#!/usr/bin/env node
/**
 * The command line. This file is all that is loaded for `--version`; each command's code is a chunk of its own.
 */
import { VERSION } from './version.js'

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) console.log(VERSION)
else {
  const { runProgram } = await import('./program.js')
  process.exitCode = await runProgram(args, VERSION)
}
