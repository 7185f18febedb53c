import { LintReporter } from '../lint/reporter.js'
import { noCheckOptions } from '../parse/check-options.js'
import { asFault, ResolveError } from '../resolve/errors.js'
import { registerStages } from '../resolve/graph.js'
import { openDockerfile } from '../resolve/open.js'
import { formatPlatform } from '../resolve/platform.js'
import { startSession } from '../resolve/resolve.js'
import { standIn } from '../resolve/stand-in.js'
import type { StageState } from '../resolve/state.js'
import type { DescribeOptions, TargetInfo } from './types.js'

/**
 * The stages of a Dockerfile, each of which can be a target.
 * @throws DockerfileSyntaxError
 * @throws ResolveError for a base or platform whose words can't be expanded
 */
export function listTargets(source: string | Uint8Array, options: DescribeOptions = {}): TargetInfo[] {
  const { limits, buildArgs = new Map(), platform, contexts } = options
  const dockerfile = openDockerfile(source, { buildArgs, ...(limits ? { limits } : {}) })
  const asked = { buildArgs, base: standIn, ...(platform ? { platform } : {}), ...(contexts ? { contexts } : {}) }
  try {
    const session = startSession(dockerfile, asked, new LintReporter(noCheckOptions), true)
    const { states } = registerStages(session, dockerfile.stages)
    return states.map((state) => targetInfo(state, states.length))
  } catch (error) {
    const found = asFault(error)
    throw found ? new ResolveError(found.fault, found.locations, []) : error
  }
}

/** @param stages how many the Dockerfile has */
function targetInfo({ index, stage, base, baseName, platform, range }: StageState, stages: number): TargetInfo {
  return {
    index,
    name: stage?.name ?? '',
    description: stage?.doc ?? '',
    base: base?.stage ? base.stage.name : baseName,
    fromStage: base?.stage !== undefined,
    platform: stage?.platform && platform ? formatPlatform(platform) : '',
    default: index === stages - 1,
    startLine: range.startLine,
    endLine: range.endLine,
  }
}
