import { type Command, Option } from 'commander'
import { collect, type Lazy, MIRROR_HELP } from './lazy.js'

/** The flags that every command on a registry has. */
const onRegistry = (command: Command): Command =>
  command
    .option('--plain-http', 'speak plain http (to this machine it is spoken without asking)')
    .option('--mirror <spec>', MIRROR_HELP, collect, [])
    .option('-q, --quiet', 'print the result only')

const PLACES = `
An image is named by its reference in a registry, or as store:NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME].`

/** The flags of commands that make one image of another. */
const changing = (command: Command): Command =>
  onRegistry(command)
    .requiredOption('-t, --to <place>', 'where the new image goes')
    .option('--platform <platform>', 'which image of an index')
    .addOption(new Option('--compression <kind>', 'of layers that did not come compressed').choices(['gzip', 'zstd', 'none']))
    .option('--level <number>', 'of the compression: gzip 1 to 9 (6), zstd 1 to 19 (3)')
    .option('--allow-simulated', 'to a registry also with layers of the simulated shell')
    .addHelpText('after', PLACES)

/** Also in the group `image`. */
export function addPullAndPush(program: Command, lazy: Lazy): void {
  const commands = () => import('../commands/registry.js')

  onRegistry(program.command('pull <image>'))
    .description('bring an image from its registry')
    .option('--platform <platform>', 'which image of an index, or all (default: that of this machine)')
    .option('--all-platforms', 'all images of an index: the same as --platform all')
    .action(lazy(async () => (await commands()).pullCommand))
  onRegistry(program.command('push <image> [name]'))
    .description('bring an image to a registry, under its own name or another; one of several platforms as an index')
    .option('--allow-simulated', 'also an image with layers of the simulated shell')
    .addOption(
      new Option('--compression <kind>', 'of layers that did not come compressed').choices(['gzip', 'zstd', 'none']).default('gzip'),
    )
    .option('--level <number>', 'of the compression: gzip 1 to 9 (6), zstd 1 to 19 (3)')
    .addOption(new Option('--format <format>', 'media types').choices(['oci', 'docker']).default('oci'))
    .option('--mount-from <repository>', 'repository of the same registry that may have layers; repeatable', collect, [])
    .action(lazy(async () => (await commands()).pushCommand))
}

/** Commands on registries, and on images wherever they lie. */
export function addRegistries(program: Command, lazy: Lazy): void {
  const remote = () => import('../commands/remote.js')
  const login = () => import('../commands/login.js')

  addPullAndPush(program, lazy)
  onRegistry(program.command('login [registry]'))
    .description('try credentials for a registry (default: docker.io), and keep them')
    .option('-u, --username <name>', 'user name; asked for on a terminal')
    .option('-p, --password <password>', 'password; others on this machine may see it: leave it out to be asked')
    .option('--password-stdin', 'read the password from standard input')
    .action(lazy(async () => (await login()).loginCommand))
  program
    .command('logout [registry]')
    .description('forget the credentials for a registry')
    .action(lazy(async () => (await login()).logoutCommand))
  onRegistry(program.command('manifest').description('manifests in registries').command('inspect <reference>'))
    .description('print a manifest or index as the registry has it')
    .action(lazy(async () => (await remote()).manifestCommand))
  onRegistry(program.command('digest <reference>'))
    .description('print the digest that a name has in its registry')
    .action(lazy(async () => (await remote()).digestCommand))
  onRegistry(program.command('config <image>'))
    .description("print an image's config")
    .addHelpText('after', PLACES)
    .option('--platform <platform>', 'which image of an index')
    .action(lazy(async () => (await remote()).configCommand))
  onRegistry(program.command('validate <image>'))
    .description('read an image and name everything that is wrong with it')
    .addHelpText('after', PLACES)
    .option('--platform <platform>', 'which image of an index')
    .action(lazy(async () => (await remote()).validateCommand))
  onRegistry(program.command('ls <repository>'))
    .description('list the tags of a repository')
    .action(lazy(async () => (await remote()).lsCommand))
  onRegistry(program.command('catalog <registry>'))
    .description('list the repositories of a registry that tells them')
    .action(lazy(async () => (await remote()).catalogCommand))
  onRegistry(program.command('delete <reference>'))
    .description('delete a manifest by its digest, or a tag where the registry allows that')
    .action(lazy(async () => (await remote()).deleteCommand))
  onRegistry(program.command('copy <from> <to>'))
    .description('copy from registry to registry byte for byte, or between other places')
    .option('--platform <platform>', 'only this image of an index')
    .option('--allow-simulated', 'also an image with layers of the simulated shell')
    .addHelpText('after', PLACES)
    .action(lazy(async () => (await remote()).copyCommand))

  const mutate = () => import('../commands/mutate.js')
  changing(program.command('append <image>'))
    .description('put layers on top of an image')
    .option('-f, --file <tar>', 'a layer as a tar, compressed or not; repeatable, lowest first', collect, [])
    .action(lazy(async () => (await mutate()).appendCommand))
  changing(program.command('flatten <image>'))
    .description('make one layer of all layers of an image')
    .option('--keep <number>', 'so many of the lowest layers stay as they are', '0')
    .action(lazy(async () => (await mutate()).flattenCommand))
  changing(program.command('rebase <image>'))
    .description('put the layers that an image has above its base onto another base')
    .requiredOption('--old-base <image>', 'what it was built on')
    .requiredOption('--new-base <image>', 'what it is to stand on')
    .action(lazy(async () => (await mutate()).rebaseCommand))
  changing(program.command('mutate <image>'))
    .description('change what is said about an image')
    .option('-c, --change <instruction>', 'Dockerfile instruction for its configuration; repeatable', collect, [])
    .option('-a, --annotation <name=value>', 'annotate its manifest; repeatable', collect, [])
    .option('--set-platform <platform>', 'what it says that it is for')
    .option('--author <name>', 'its author')
    .option('--time <date>', 'the date of all its files, its config and its history: seconds since 1970, or a date')
    .option('--clamp', 'with --time: leave what is older')
    .action(lazy(async () => (await mutate()).mutateCommand))
}
