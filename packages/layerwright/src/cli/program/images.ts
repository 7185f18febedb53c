import { type Command, Option } from 'commander'
import { collect, FORMAT_HELP, type Lazy, LIST_FORMAT_HELP } from './lazy.js'

/** The list of images, as `images` and `image ls`. */
const listing = (command: Command, lazy: Lazy): Command =>
  command
    .argument('[name]', 'only those of this repository, or of this name; * and ? stand for others')
    .description('list images')
    .option('-a, --all', 'is so in any case: there are no images between')
    .option('-f, --filter <filter>', 'dangling=true|false, label=NAME[=VALUE] or reference=PATTERN; repeatable', collect, [])
    .option('--format <template>', LIST_FORMAT_HELP)
    .option('--json', 'one JSON document')
    .option('--no-trunc', 'whole digests')
    .option('-q, --quiet', 'digests only')
    .action(lazy(async () => (await import('../commands/images.js')).imagesCommand))

const removing = (command: Command, lazy: Lazy): Command =>
  command
    .description("take away an image's name, and with the last one the image")
    .option('-f, --force', 'also while containers use it; a missing one is no error')
    .action(lazy(async () => (await import('../commands/images.js')).rmiCommand))

/** `image`: Docker's group. Its commands are those without it, but for the list and the removal, which have other names, and `prune`. */
export function addImageGroup(group: Command, lazy: Lazy): void {
  listing(group.command('ls').alias('list'), lazy)
  removing(group.command('rm <image...>').alias('remove'), lazy)
  group
    .command('inspect <image...>')
    .description('details of images as JSON')
    .option('-f, --format <template>', FORMAT_HELP)
    .action(lazy(async () => (await import('../commands/inspect.js')).inspectImageCommand))
  group
    .command('prune')
    .description('remove images without a name')
    .option('-a, --all', 'all that no container uses')
    .option('--filter <filter>', 'label=NAME[=VALUE] or reference=PATTERN; repeatable', collect, [])
    .option('-f, --force', 'nothing is asked in any case')
    .action(lazy(async () => (await import('../commands/images.js')).imagePruneCommand))
  addTransfer(group, lazy)
}

/** Commands on images. */
export function addImages(program: Command, lazy: Lazy): void {
  listing(program.command('images'), lazy)
  program
    .command('inspect <name...>')
    .description('details of containers, images and volumes as JSON')
    .option('-f, --format <template>', FORMAT_HELP)
    .addOption(new Option('--type <type>', 'only what is one').choices(['container', 'image', 'volume']))
    .action(lazy(async () => (await import('../commands/inspect.js')).inspectCommand))
  removing(program.command('rmi <image...>'), lazy)
  addTransfer(program, lazy)
}

/** What is called the same in the group. */
function addTransfer(program: Command, lazy: Lazy): void {
  const transfer = () => import('../commands/transfer.js')
  program
    .command('history <image>')
    .description('which instruction of an image made which layer')
    .option('--json', 'one JSON document')
    .option('--no-trunc', 'whole instructions and digests')
    .action(lazy(async () => (await import('../commands/history.js')).historyCommand))
  program
    .command('tag <image> <name>')
    .description('give an image another name')
    .action(lazy(async () => (await import('../commands/images.js')).tagCommand))
  program
    .command('save <image...>')
    .description('write images to an archive')
    .option('-o, --output <file>', 'the archive; default standard output')
    .addOption(
      new Option('--format <format>', 'docker: what docker load reads, docker-legacy: also before Docker 1.10; oci: an OCI archive')
        .choices(['docker', 'docker-legacy', 'oci'])
        .default('docker'),
    )
    .addOption(new Option('--compression <kind>', 'of layers in an OCI archive').choices(['none', 'gzip', 'zstd']))
    .option('--level <number>', 'of the compression: gzip 1 to 9 (6), zstd 1 to 19 (3)')
    .action(lazy(async () => (await transfer()).saveCommand))
  program
    .command('load')
    .description('read images from an OCI layout, OCI archive or docker-archive')
    .option('-i, --input <path>', 'file or folder; default standard input')
    .option('-t, --tag <name>', 'name to give; repeatable', collect, [])
    .action(lazy(async () => (await transfer()).loadCommand))
  program
    .command('import <file> [name]')
    .description('make an image of one layer from a tar of a tree; - is standard input')
    .option('-c, --change <instruction>', 'Dockerfile instruction for its configuration; repeatable', collect, [])
    .option('-m, --message <text>', 'goes into the history')
    .action(lazy(async () => (await transfer()).importCommand))
}
