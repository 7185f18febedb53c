import { type Command, Option } from 'commander'
import type { buildCommand } from '../commands/build.js'
import { collect, type Lazy, MIRROR_HELP } from './lazy.js'

/** The first argument of what builds. */
export const CONTEXT =
  'folder with the files of the build; an address of a repository, a tar or a Dockerfile; - for a tar or a Dockerfile on stdin'

/** The flags that say what is built. */
export const withWhat = (command: Command): Command =>
  command
    .option('-f, --file <path>', 'the Dockerfile, - for stdin (default: Dockerfile in the context)')
    .option('--target <stage>', 'the stage to build (default: the last one); repeatable', collect, [])
    .option('--build-arg <name=value>', 'set a build argument; repeatable', collect, [])
    .option('--label <name=value>', 'add a label; repeatable', collect, [])
    .option('--platform <list>', 'platforms to build for, separated by commas')
    .option('--no-cache', 'run every step')
    .option('--no-cache-filter <stage>', 'run the steps of a stage, or one step by its id; repeatable', collect, [])
    .option(
      '--max-age <duration>',
      'use no results older than 90s, 30m, 12h or 7d, with STAGE= in front of one stage; repeatable',
      collect,
      [],
    )
    .addOption(
      new Option('--cache-strength <strength>', 'what has to be the same for a step to be used again')
        .choices(['definition', 'content', 'traced'])
        .default('content'),
    )
    .option('--pull', 'ask the registries for base images, also for those that are here')
    .option('--mirror <spec>', MIRROR_HELP, collect, [])
    .option('--secret <spec>', 'id=NAME,src=FILE or id=NAME,env=VARIABLE; repeatable', collect, [])
    .option('--ssh <spec>', 'ID[=SOCKET]: the agent for RUN --mount=type=ssh; default is the id without one; repeatable', collect, [])
    .option('--add-host <name:address>', 'a line of /etc/hosts for RUN; repeatable', collect, [])
    .addOption(new Option('--network <mode>', 'the network of RUN').choices(['default', 'none', 'host']).default('default'))
    .option('--allow <privilege>', 'what RUN may ask for: network.host, security.insecure; repeatable', collect, [])
    .option('--ulimit <spec>', 'NAME=SOFT[:HARD], a limit for RUN; repeatable', collect, [])
    .option('-m, --memory <size>', 'memory for RUN')
    .option('--cpus <number>', 'processors for RUN')
    .option('--shm-size <size>', 'size of /dev/shm for RUN')
    .option('--source-date-epoch <seconds>', 'the date of everything that the host or the clock wrote')
    .addOption(
      new Option('--timestamps <mode>', 'fixed: the same digest every time; source: times as BuildKit keeps them')
        .choices(['fixed', 'source'])
        .default('fixed'),
    )
    .addOption(
      new Option('--modes <mode>', 'source: modes of files as the folder has them; git: 0644 and 0755 only')
        .choices(['source', 'git'])
        .default('source'),
    )
    .option(
      '--build-context <name=place>',
      'NAME=DIR, NAME=oci-layout://DIR[@DIGEST], NAME=oci-archive:FILE or NAME=docker-archive:FILE; repeatable',
      collect,
      [],
    )
    .addOption(new Option('--executor <kind>', 'what runs RUN').choices(['auto', 'shell', 'linux', 'docker']).default('auto'))
    .option('--gitignore', 'leave out what the .gitignore files of the context do as well')

/** `build`, which has a program to itself. */
export function addBuild(program: Command, lazy: Lazy, load: () => Promise<typeof buildCommand>): void {
  withWhat(program.command('build'))
    .description('build an image from a Dockerfile')
    .argument('<context>', CONTEXT)
    .option('-t, --tag <name>', 'name the image; repeatable', collect, [])
    .option('--annotation <name=value>', 'annotate the manifest, with index:NAME=VALUE the index; repeatable', collect, [])
    .option(
      '-o, --output <spec>',
      'type=oci|docker|tar|local,dest=PATH (- for stdout, not for local), type=registry or type=image; a PATH alone is type=local, - alone type=tar; repeatable',
      collect,
      [],
    )
    .option('--push', 'the same as --output type=registry: to the registries of the names')
    .option('--allow-simulated', 'push also an image with layers of the simulated shell')
    .addOption(new Option('--graph <form>', 'print what would be built, and build nothing').choices(['json', 'dot', 'mermaid']))
    .addOption(new Option('--progress <how>', 'how to show progress').choices(['auto', 'plain', 'tty', 'json']).default('auto'))
    .option('-q, --quiet', 'print the image digest only')
    .option('--check', 'only look for mistakes, as lint does')
    .option(
      '--cache-from <spec>',
      'look for step results there: type=registry,ref=NAME[,producers=A|B], type=local,src=DIR, or a NAME alone; repeatable',
      collect,
      [],
    )
    .option(
      '--cache-to <spec>',
      'bring step results there: type=registry,ref=NAME, type=local,dest=DIR (each with mode=min|max, compression=…, producer=…), or type=inline; repeatable',
      collect,
      [],
    )
    .option('--explain', 'say of each step that runs what changed since it ran last: which files, how many lines')
    .option('--verify-stable', 'build again, and once more without the cache; fail where a step misses or gives other bytes, and name them')
    .action(lazy(load))
}
