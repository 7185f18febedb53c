import { type Command, Option } from 'commander'
import { collect, type Lazy } from './lazy.js'

/** The flags that every command on a registry has. */
const onRegistry = (command: Command): Command =>
  command
    .option('--plain-http', 'speak plain http (to this machine it is spoken without asking)')
    .option('-q, --quiet', 'print the result only')

/** Commands on registries. */
export function addRegistries(program: Command, lazy: Lazy): void {
  const commands = () => import('../commands/registry.js')
  const remote = () => import('../commands/remote.js')
  const login = () => import('../commands/login.js')

  onRegistry(program.command('pull <image>'))
    .description('bring an image from its registry')
    .option('--platform <platform>', 'which image of an index (default: that of this machine)')
    .action(lazy(async () => (await commands()).pullCommand))
  onRegistry(program.command('push <image> [name]'))
    .description('bring an image to a registry, under its own name or another')
    .option('--allow-simulated', 'also an image with layers of the simulated shell')
    .addOption(new Option('--compression <kind>', 'of layers').choices(['gzip', 'none']).default('gzip'))
    .option('--level <number>', 'of gzip, 1 to 9', '6')
    .addOption(new Option('--format <format>', 'media types').choices(['oci', 'docker']).default('oci'))
    .option('--mount-from <repository>', 'repository of the same registry that may have layers; repeatable', collect, [])
    .action(lazy(async () => (await commands()).pushCommand))
  onRegistry(program.command('login [registry]'))
    .description('try credentials for a registry (default: docker.io), and keep them')
    .option('-u, --username <name>', 'user name')
    .option('-p, --password <password>', 'password; others on this machine may see it: prefer --password-stdin')
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
  onRegistry(program.command('config <reference>'))
    .description("print an image's config as the registry has it")
    .option('--platform <platform>', 'which image of an index')
    .action(lazy(async () => (await remote()).configCommand))
  onRegistry(program.command('validate <reference>'))
    .description('read an image from its registry and name everything that is wrong with it')
    .option('--platform <platform>', 'which image of an index')
    .action(lazy(async () => (await remote()).validateCommand))
  onRegistry(program.command('ls <repository>'))
    .description('list the tags of a repository')
    .action(lazy(async () => (await remote()).lsCommand))
  onRegistry(program.command('copy <from> <to>'))
    .description('copy from registry to registry, byte for byte')
    .action(lazy(async () => (await remote()).copyCommand))
}
