import { type Command, Option } from 'commander'
import { addPolicyFlags } from '../policy-flags.js'
import { collect, FORMAT_HELP, type Lazy, LIST_FORMAT_HELP } from './lazy.js'

/** Commands on volumes, and on the store as a whole. */
export function addVolumes(program: Command, lazy: Lazy): void {
  const commands = () => import('../commands/volume.js')
  const volume = program.command('volume').description('named volumes')
  volume
    .command('create [name]')
    .description('make a volume')
    .option('--label <name=value>', 'add a label; repeatable', collect, [])
    .option('-d, --driver <driver>', 'only local')
    .option('-o, --opt <name=value>', 'driver option; repeatable', collect, [])
    .action(lazy(async () => (await commands()).volumeCreateCommand))
  volume
    .command('ls')
    .alias('list')
    .description('list volumes')
    .option('-f, --filter <filter>', 'dangling, driver, label or name; repeatable', collect, [])
    .option('-q, --quiet', 'names only')
    .option('--format <template>', LIST_FORMAT_HELP)
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await commands()).volumeLsCommand))
  volume
    .command('inspect <name...>')
    .description('details as JSON')
    .option('-f, --format <template>', FORMAT_HELP)
    .action(lazy(async () => (await commands()).volumeInspectCommand))
  volume
    .command('rm <name...>')
    .alias('remove')
    .description('remove volumes that no container uses')
    .option('-f, --force', 'a missing one is no error')
    .action(lazy(async () => (await commands()).volumeRmCommand))
  volume
    .command('prune')
    .description('remove the anonymous volumes that no container uses')
    .option('-a, --all', 'the named ones too')
    .option('--filter <filter>', 'label or label!; repeatable', collect, [])
    .option('-f, --force', 'nothing is asked in any case')
    .action(lazy(async () => (await commands()).volumePruneCommand))

  const system = program.command('system').description('the store as a whole')
  system
    .command('df')
    .description('what the store holds')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await import('../commands/system.js')).systemDfCommand))
  addPolicyFlags(
    system
      .command('prune')
      .description(
        'remove what nothing needs: stopped containers, images without a name; with --all, --cap or --keep-… the build cache too',
      )
      .option('-a, --all', 'the build cache too, but for what --keep-… keeps')
      .option('--volumes', 'anonymous volumes too')
      .option('--dry-run', 'only say what would go')
      .option('-f, --force', 'nothing is asked in any case')
      .option('--json', 'one JSON document'),
  ).action(lazy(async () => (await import('../commands/system.js')).systemPruneCommand))

  const cache = program.command('cache').description('the results of build steps, to and from other machines')
  cache
    .command('export <dest>')
    .description('write the results of all steps to a bundle: an OCI layout, or an archive if the name ends in .tar')
    .option('--producer <name>', 'who made them, for those who import only some')
    .addOption(new Option('--compression <kind>', 'of layers').choices(['none', 'gzip', 'zstd']).default('gzip'))
    .action(lazy(async () => (await import('../commands/cache.js')).cacheExportCommand))
  cache
    .command('import <src>')
    .description('take the steps of a bundle; what can not be believed is named and left out')
    .option('--producer <name>', 'take only what this one made; repeatable', collect, [])
    .action(lazy(async () => (await import('../commands/cache.js')).cacheImportCommand))

  const mounts = () => import('../commands/cache-mounts.js')
  cache
    .command('mounts')
    .description('what RUN --mount=type=cache has kept')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await mounts()).cacheMountsCommand))
  cache
    .command('mount-export <id>')
    .description('the files of a cache mount as a tar')
    .option('-o, --output <file>', 'write to a file')
    .action(lazy(async () => (await mounts()).cacheMountExportCommand))
  cache
    .command('mount-import <id> <file>')
    .description('put the files of a tar in the place of those that a cache mount has; - is standard input')
    .action(lazy(async () => (await mounts()).cacheMountImportCommand))

  const store = program.command('store').description('the folder that everything lies in')
  addPolicyFlags(
    store.command('policy').description('what the store is to hold: shown, or set for all builds into it').option('--none', 'no cap'),
  ).action(lazy(async () => (await import('../commands/store.js')).storePolicyCommand))
  store
    .command('verify')
    .description('read everything, and name all that is wrong')
    .option('--repair', 'remove or rebuild what can be made again')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await import('../commands/store.js')).storeVerifyCommand))
}
