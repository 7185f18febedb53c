import type { Stage } from '../../instructions/types.js'
import type { LintReporter } from '../reporter.js'
import { rules } from '../rules.js'
import { commandsOf, type Words } from './shell-commands.js'

const isRecursive = ([program = '', ...args]: Words): boolean =>
  /(?:^|\/)(?:chown|chmod|chgrp)$/.test(program) && args.some((word) => word === '--recursive' || /^-[a-zA-Z]*R/.test(word))

/** Commands beside which a recursive chown is still all that the RUN does. */
const BESIDE = /^(?:chown|chmod|chgrp|cd|set|true|:|echo|mkdir|addgroup|adduser|groupadd|useradd|usermod)$/

/** CopyUpDoubling: a RUN that only changes owners or modes of files from layers below copies each of them up. */
export function checkCopyUpDoubling(stage: Stage, lint: LintReporter): void {
  for (const command of stage.commands) {
    if (command.name !== 'RUN') continue
    const commands = commandsOf(command)
    const recursive = commands.find(isRecursive)
    const alone = commands.every(([program = '']) => BESIDE.test(program.slice(program.lastIndexOf('/') + 1)))
    if (recursive && alone) lint.under(command.comments).report(rules.copyUpDoubling, command, recursive.join(' '))
  }
}
