/** What `killed.test.ts` runs and kills: one build with a real sandbox. Prints the image's digest. */
import { build } from '@layerwright/build'
import { hostContext } from '@layerwright/build/node'
import { linuxExecutor } from '@layerwright/executor/linux'
import { openStore } from '@layerwright/store/node'

const [, , context = '', place = '', sandbox = ''] = process.argv
const store = await openStore(place)
const { image } = await build({ context: hostContext(context), store, executor: linuxExecutor({ folder: sandbox }) })
console.log(image.digest)
