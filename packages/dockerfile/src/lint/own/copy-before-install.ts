import type { AddInstruction, CopyInstruction, Stage } from '../../instructions/types.js'
import type { LintReporter } from '../reporter.js'
import { rules } from '../rules.js'
import { commandsOf, type Words } from './shell-commands.js'

/** Program and subcommands that install what lock files and manifests list. */
const INSTALLS: readonly (readonly [program: RegExp, subcommand: RegExp])[] = [
  [/^npm$/, /^(?:ci|i|install|clean-install)$/],
  [/^(?:pnpm|bun)$/, /^(?:i|install)$/],
  [/^yarn$/, /^(?:install|--frozen-lockfile|--immutable|)$/],
  [/^pip[0-9.]*$/, /^install$/],
  [/^(?:poetry|bundle|composer|pipenv)$/, /^install$/],
  [/^uv$/, /^sync$/],
  [/^cargo$/, /^fetch$/],
  [/^dotnet$/, /^restore$/],
  [/^mvn$/, /^dependency:/],
]

/** The command as shown, if it installs dependencies that files of the context list. */
function install(words: Words): string | undefined {
  const [program = '', subcommand = '', ...rest] = words
  const name = program.slice(program.lastIndexOf('/') + 1)
  if (name === 'go') return subcommand === 'mod' && rest[0] === 'download' ? 'go mod download' : undefined
  if (!INSTALLS.some(([wanted, kind]) => wanted.test(name) && kind.test(subcommand))) return undefined
  // With packages named on the line it doesn't depend on the files that were copied; pip takes its list with -r, or a folder.
  const named = rest.filter((word) => !word.startsWith('-'))
  const listed = name.startsWith('pip') ? rest.some((word) => /^(?:-r|--requirement|-e|\.)/.test(word)) : named.length === 0
  return listed ? `${name} ${subcommand}`.trim() : undefined
}

const isBroad = (source: string): boolean => /^(?:\.?\/?|\*|\.\/\*)$/.test(source)

/** CopyBeforeInstall: the whole context is copied, and only then are dependencies installed, so any change runs the install again. */
export function checkCopyBeforeInstall(stage: Stage, lint: LintReporter): void {
  let broad: { copy: CopyInstruction | AddInstruction; source: string } | undefined
  for (const command of stage.commands) {
    if ((command.name === 'COPY' && command.from === '') || command.name === 'ADD') {
      const source = command.sources.find(isBroad)
      if (source !== undefined) broad ??= { copy: command, source }
    } else if (command.name === 'RUN' && broad) {
      const found = commandsOf(command)
        .map(install)
        .find((text) => text !== undefined)
      if (found === undefined) continue
      lint.under(broad.copy.comments).report(rules.copyBeforeInstall, broad.copy, broad.source, found)
      return
    }
  }
}
