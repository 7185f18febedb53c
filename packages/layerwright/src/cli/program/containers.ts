import { type Command, Option } from 'commander'
import { collect, FORMAT_HELP, type Lazy, LIST_FORMAT_HELP, MIRROR_HELP } from './lazy.js'

const executor = () => new Option('--executor <kind>', 'what runs the command').choices(['auto', 'shell', 'linux', 'docker'])

/** The flags that `run` and `create` share. */
const withRunFlags = (command: Command): Command =>
  command
    .option('--name <name>', 'name of the container')
    .option('--entrypoint <command>', 'in place of ENTRYPOINT')
    .option('-e, --env <name=value>', 'set a variable; repeatable', collect, [])
    .option('--env-file <file>', 'read variables from a file; repeatable', collect, [])
    .option('--cidfile <file>', "write the container's id to a new file")
    .addOption(
      new Option('--pull <when>', 'bring the image from its registry: where it is missing, every time, or never')
        .choices(['missing', 'always', 'never'])
        .default('missing'),
    )
    .option('--platform <platform>', 'which image of several of one name')
    .option('-u, --user <user>', 'name or id, with :GROUP if wanted')
    .option('-w, --workdir <dir>', 'working directory')
    .option('-h, --hostname <name>', 'host name')
    .option('-l, --label <name=value>', 'add a label; repeatable', collect, [])
    .option('--label-file <file>', 'read labels from a file; repeatable', collect, [])
    .option('-v, --volume <spec>', 'SOURCE:TARGET[:OPTIONS], or a target for an anonymous volume; repeatable', collect, [])
    .option('--mount <spec>', 'type=bind|volume|tmpfs,source=…,target=…; repeatable', collect, [])
    .option('--tmpfs <spec>', 'TARGET[:OPTIONS]; repeatable', collect, [])
    .option('--volumes-from <container>', 'CONTAINER[:ro|rw]; repeatable', collect, [])
    .option('--read-only', 'only mounts can be written to')
    .option('--rm', 'remove it when it stops')
    .option('-i, --interactive', 'hand over standard input, as it comes')
    .option('-t, --tty', 'give it this terminal')
    .option('--hold', 'without its command: mounted and running, for exec and cp, until it is stopped')
    .option('--stop-signal <signal>', 'what stop sends; default the STOPSIGNAL of the image, or TERM')
    .option('--stop-timeout <seconds>', 'how long stop waits before it kills; default 10')
    .addOption(
      new Option('--network <mode>', 'default that of this machine, or with published ports a private one').choices([
        'host',
        'none',
        'private',
      ]),
    )
    .option(
      '-p, --publish <spec>',
      '[[ADDRESS:]HOST:]CONTAINER[/udp], ports or ranges; without HOST any that is free; repeatable',
      collect,
      [],
    )
    .option('-P, --publish-all', 'the ports of EXPOSE, each as one that is free')
    .option('--add-host <name:address>', 'add a line to its /etc/hosts; repeatable', collect, [])
    .option('--ulimit <name=soft[:hard]>', 'set a limit; repeatable', collect, [])
    .option('-m, --memory <size>', 'bound its memory')
    .option('--cpus <number>', 'bound its processor time')
    .option('--shm-size <size>', 'size of its /dev/shm')
    .addOption(executor())
    // What follows the image is the command's, flags too.
    .passThroughOptions()
    .helpOption('--help', 'show these flags')

/** `container`: Docker's group. Its commands are those without it, and `ls` and `prune`. */
export function addContainerGroup(group: Command, lazy: Lazy): void {
  listing(group.command('ls').alias('list').alias('ps'), lazy)
  group
    .command('inspect <container...>')
    .description('details of containers as JSON')
    .option('-f, --format <template>', FORMAT_HELP)
    .action(lazy(async () => (await import('../commands/inspect.js')).inspectContainerCommand))
  group
    .command('prune')
    .description('remove all containers that do not run')
    .option('--filter <filter>', 'as ps has them; repeatable', collect, [])
    .option('-f, --force', 'nothing is asked in any case')
    .action(lazy(async () => (await import('../commands/lifecycle.js')).containerPruneCommand))
  addSame(group, lazy)
}

/** The list of containers, as `ps` and `container ls`. */
const listing = (command: Command, lazy: Lazy): Command =>
  command
    .description('list containers')
    .option('-a, --all', 'also those that do not run')
    .option(
      '-f, --filter <filter>',
      'ancestor=IMAGE, exited=STATUS, id=ID, label=NAME[=VALUE], name=PART, status=created|running|exited or volume=NAME|PATH; repeatable',
      collect,
      [],
    )
    .option('--format <template>', LIST_FORMAT_HELP)
    .option('--json', 'one JSON document')
    .option('-n, --last <number>', 'the latest so many, whether they run or not')
    .option('-l, --latest', 'the latest, whether it runs or not')
    .option('--no-trunc', 'whole ids and commands')
    .option('-q, --quiet', 'ids only')
    .action(lazy(async () => (await import('../commands/ps.js')).psCommand))

/** Commands on containers. */
export function addContainers(program: Command, lazy: Lazy): void {
  listing(program.command('ps'), lazy)
  addSame(program, lazy)
}

/** What is called the same in the group. */
function addSame(program: Command, lazy: Lazy): void {
  const run = () => import('../commands/run.js')
  const lifecycle = () => import('../commands/lifecycle.js')
  const ps = () => import('../commands/ps.js')
  const transfer = () => import('../commands/transfer.js')

  withRunFlags(program.command('run <image> [command...]'))
    .description('make a container and run its command')
    .option('-d, --detach', 'in the background: print its id')
    .action(lazy(async () => (await run()).runCommand))
  withRunFlags(program.command('create <image> [command...]'))
    .description('make a container')
    .action(lazy(async () => (await run()).createCommand))
  program
    .command('exec <container> <command...>')
    .description('run a command in a running container')
    .option('-e, --env <name=value>', 'set a variable; repeatable', collect, [])
    .option('--env-file <file>', 'read variables from a file; repeatable', collect, [])
    .option('-u, --user <user>', 'name or id')
    .option('-w, --workdir <dir>', 'working directory')
    .option('-i, --interactive', 'hand over standard input, as it comes')
    .option('-t, --tty', 'give it this terminal')
    .addOption(executor())
    .passThroughOptions()
    .action(lazy(async () => (await run()).execCommand))
  program
    .command('start <container...>')
    .description('run the command of containers, in the background')
    .option('-a, --attach', "show its output, and end with the program's status")
    .option('-i, --interactive', 'hand over standard input, as it comes')
    .addOption(executor())
    .action(lazy(async () => (await lifecycle()).startCommand))
  // What runs a detached container: started by `run` and `start`, which wait for its first word.
  program
    .command('supervise <container>', { hidden: true })
    .addOption(executor())
    .action(lazy(async () => (await import('../commands/supervise.js')).superviseCommand))
  program
    .command('stop <container...>')
    .description('ask running containers to end, and kill those that do not')
    .option('-t, --time <seconds>', 'how long to wait before killing; default 10')
    .option('-s, --signal <signal>', 'what to send first')
    .action(lazy(async () => (await lifecycle()).stopCommand))
  program
    .command('restart <container...>')
    .description('stop and start')
    .option('-t, --time <seconds>', 'how long to wait before killing; default 10')
    .option('-s, --signal <signal>', 'what to send first')
    .addOption(executor())
    .action(lazy(async () => (await lifecycle()).restartCommand))
  program
    .command('kill <container...>')
    .description('end running containers with a signal')
    .option('-s, --signal <signal>', 'default KILL')
    .action(lazy(async () => (await lifecycle()).killCommand))
  program
    .command('wait <container...>')
    .description('wait until containers stop, and print their exit status')
    .action(lazy(async () => (await lifecycle()).waitCommand))
  program
    .command('logs <container>')
    .description("what a container's command has printed")
    .option('-f, --follow', 'and what comes, until it stops')
    .option('-n, --tail <lines>', 'the last lines only')
    .option('--since <time>', 'from a time on: 2026-11-22T15:00:00Z, seconds since 1970, or how long ago (10m)')
    .option('--until <time>', 'up to a time')
    .option('-t, --timestamps', 'with times')
    .action(lazy(async () => (await ps()).logsCommand))
  program
    .command('port <container> [port]')
    .description("where a container's published ports are on this machine")
    .action(lazy(async () => (await ps()).portCommand))
  program
    .command('rename <container> <name>')
    .description('give a container another name')
    .action(lazy(async () => (await lifecycle()).renameCommand))
  program
    .command('rm <container...>')
    .description('remove containers')
    .option('-f, --force', 'also while they run')
    .option('-v, --volumes', 'with their anonymous volumes')
    .action(lazy(async () => (await lifecycle()).rmCommand))
  program
    .command('diff <container>')
    .description('what a container changed: A added, C changed, D deleted')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await ps()).diffCommand))
  program
    .command('commit <container> [name]')
    .description("make an image of a container's layer")
    .option('-c, --change <instruction>', 'Dockerfile instruction; repeatable', collect, [])
    .option('-a, --author <name>', 'author')
    .option('-m, --message <text>', 'goes into the history')
    .action(lazy(async () => (await transfer()).commitCommand))
  program
    .command('cp <from> <to>')
    .description('copy between a container (NAME:PATH) and this machine; - is a tar')
    .option('-a, --archive', "give the files to the container's user")
    .option('-L, --follow-link', 'follow a link at the end of the source')
    .option('-q, --quiet', 'nothing is told in any case')
    .action(lazy(async () => (await transfer()).cpCommand))
  program
    .command('export <container>')
    .description("a container's tree, or an image's (see copy for how to name one), as a tar")
    .option('-o, --output <file>', 'write to a file')
    .option('--platform <platform>', 'which image of an index')
    .option('--plain-http', 'speak plain http to a registry')
    .option('--mirror <spec>', MIRROR_HELP, collect, [])
    .option('-q, --quiet', 'tell nothing of what is fetched')
    .action(lazy(async () => (await transfer()).exportCommand))
}
