import { type Command, Option } from 'commander'
import { collect, type Lazy } from './lazy.js'

/** Commands on a Dockerfile as a text: nothing is built. */
export function addLanguage(program: Command, lazy: Lazy): void {
  const describe = () => import('../commands/describe.js')

  program
    .command('lint [path]')
    .description('look for mistakes in a Dockerfile; exit status 1 if it can not be built or has error=true and warnings')
    .option('-f, --file <path>', 'the Dockerfile (default: Dockerfile in the context)')
    .option('--target <stage>', 'only what this stage needs')
    .option('--build-arg <name=value>', 'set a build argument; repeatable', collect, [])
    .option('--build-context <name=place>', 'a name that takes the place of a stage or image; repeatable', collect, [])
    .addOption(new Option('--rules <which>', 'all, or only those that the reference has').choices(['all', 'reference']).default('all'))
    .addOption(new Option('--format <format>', 'how to print the findings').choices(['text', 'json', 'sarif']).default('text'))
    .action(lazy(async () => (await import('../commands/lint.js')).lintCommand))
  program
    .command('fmt <file...>')
    .description('print a Dockerfile formatted; its meaning stays; - is standard input')
    .option('--check', 'name the files that are not formatted; exit status 1 if there are any')
    .option('--write', 'write the files, and name those that changed')
    .addOption(new Option('--keywords <casing>', 'casing of keywords').choices(['upper', 'lower']).default('upper'))
    .action(lazy(async () => (await import('../commands/fmt.js')).fmtCommand))
  program
    .command('outline [path]')
    .description('arguments, secrets, caches and mounts of a target')
    .option('-f, --file <path>', 'the Dockerfile (default: Dockerfile in the context)')
    .option('--target <stage>', 'the stage (default: the last one)')
    .option('--build-arg <name=value>', 'set a build argument; repeatable', collect, [])
    .option('--platform <platform>', 'the platform to build for')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await describe()).outlineCommand))
  program
    .command('targets [path]')
    .description('stages that can be built')
    .option('-f, --file <path>', 'the Dockerfile (default: Dockerfile in the context)')
    .option('--build-arg <name=value>', 'set a build argument; repeatable', collect, [])
    .option('--platform <platform>', 'the platform to build for')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await describe()).targetsCommand))
}
