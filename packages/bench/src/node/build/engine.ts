/** What of Layerwright the build bench measures, with the defaults of its Node entry. */
import { type BuildOptions, type BuildResult, build as portableBuild } from '@layerwright/build'
import { decompress } from '@layerwright/layer/node'

export { hostContext as hostContextOf } from '@layerwright/build/node'
export { writeOciArchive } from '@layerwright/image/node'
export { openStore } from '@layerwright/store/node'

export const build = (options: BuildOptions): Promise<BuildResult> => portableBuild({ decompress, ...options })
