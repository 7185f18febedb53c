import { type Command, Option } from 'commander'
import { collect, type Lazy } from './lazy.js'

/** Commands on images. */
export function addImages(program: Command, lazy: Lazy): void {
  const images = () => import('../commands/images.js')
  const transfer = () => import('../commands/transfer.js')

  program
    .command('images')
    .description('list images')
    .option('--json', 'one JSON document')
    .option('-q, --quiet', 'digests only')
    .action(lazy(async () => (await images()).imagesCommand))
  program
    .command('history <image>')
    .description('which instruction of an image made which layer')
    .option('--json', 'one JSON document')
    .action(lazy(async () => (await import('../commands/history.js')).historyCommand))
  program
    .command('inspect <name...>')
    .description('details of containers, images and volumes as JSON')
    .action(lazy(async () => (await import('../commands/inspect.js')).inspectCommand))
  program
    .command('tag <image> <name>')
    .description('give an image another name')
    .action(lazy(async () => (await images()).tagCommand))
  program
    .command('rmi <image...>')
    .description("take away an image's name, and with the last one the image")
    .option('-f, --force', 'also while containers use it')
    .action(lazy(async () => (await images()).rmiCommand))
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
