import type { RunInstruction, Stage } from '../../instructions/types.js'
import { destination, joinAbsolute } from '../../resolve/paths.js'
import type { LintReporter } from '../reporter.js'
import { rules } from '../rules.js'
import { commandsOf } from './shell-commands.js'

const SETS_MODE = /(?:^|\/)(?:chown|chmod|chgrp)$/
const MAKES_WITH_MODE = /(?:^|\/)(?:mkdir|install)$/

/** Directories whose owner or mode the commands of a RUN set. */
function changedBy(instruction: RunInstruction, cwd: string): string[] {
  return commandsOf(instruction).flatMap(([program = '', ...args]) => {
    const withMode = args.some((word) => /^(?:-[a-zA-Z]*[mog]|--mode|--owner|--group)/.test(word))
    if (!SETS_MODE.test(program) && !(MAKES_WITH_MODE.test(program) && withMode)) return []
    return args
      .filter((word) => !word.startsWith('-') && !word.includes('$') && word.includes('/'))
      .map((word) => destination(cwd, word, 'linux'))
  })
}

/** The directory and all above it but the root, without slashes at their ends. */
function withParents(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)
}

/**
 * LinkResetsParents: `COPY --link` is made without a look at what is below, so the directories above its destination come out as root's with mode 0755,
 * whatever an earlier line made of them. With `--chmod` the reference falls back to a plain COPY.
 */
export function checkLinkResetsParents(stage: Stage, lint: LintReporter): void {
  const changed = new Map<string, number>()
  let cwd = '/'
  let user = ''
  for (const command of stage.commands) {
    if (command.name === 'USER') user = command.user
    else if (command.name === 'WORKDIR') {
      if (command.path.includes('$')) return // from here on nothing can be said about relative paths
      cwd = joinAbsolute(command.path.startsWith('/') ? command.path : `${cwd}/${command.path}`)
      if (user !== '' && !/^(?:root|0)(?::|$)/.test(user)) changed.set(cwd, command.startLine)
    } else if (command.name === 'RUN') {
      for (const path of changedBy(command, cwd)) changed.set(joinAbsolute(path), command.startLine)
    } else if (command.name === 'COPY' || command.name === 'ADD') {
      if (command.dest.includes('$')) continue
      const dest = destination(cwd, command.dest, 'linux')
      const parents = withParents(dest.endsWith('/') || command.sources.length > 1 ? dest : dest.slice(0, dest.lastIndexOf('/')))
      const reset = parents.find((path) => changed.has(path))
      if (command.link && command.chmod === '' && reset !== undefined) {
        lint.under(command.comments).report(rules.linkResetsParents, command, command.dest, String(changed.get(reset)))
      } else if (!command.link && (command.chown !== '' || command.chmod !== '')) changed.set(joinAbsolute(dest), command.startLine)
    }
  }
}
