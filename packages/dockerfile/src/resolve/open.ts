import type { Dockerfile, ParseOptions } from '../dockerfile-types.js'
import { readInstructions } from '../instructions/read.js'
import { detectDirectives } from '../parse/directives.js'
import { parseNodes } from '../parse/nodes.js'
import { decodeSource } from '../text/utf8.js'
import { checkOptions } from './check-options.js'
import { ResolveError } from './errors.js'

export interface OpenOptions extends ParseOptions {
  /** BUILDKIT_DOCKERFILE_CHECK takes the place of the file's `# check=`. */
  readonly buildArgs?: ReadonlyMap<string, string>
}

/**
 * Reads a Dockerfile as a build does: `parseDockerfile`, but an empty file is refused by name, and the build arguments have their say in the lint
 * options, also in those of the parser's own rules.
 * @throws ResolveError `EMPTY_DOCKERFILE`, `BAD_CHECK_ARGUMENT`, `BAD_CHECK_DIRECTIVE`
 * @throws DockerfileSyntaxError
 */
export function openDockerfile(source: string | Uint8Array, { buildArgs, ...options }: OpenOptions = {}): Dockerfile {
  if (source.length === 0) {
    throw new ResolveError(
      { code: 'EMPTY_DOCKERFILE', message: 'the Dockerfile cannot be empty', hint: 'begin with FROM: FROM scratch, or FROM an image' },
      [],
      [],
    )
  }
  const { directives } = detectDirectives(decodeSource(source))
  const check = checkOptions(directives, buildArgs)
  const parsed = parseNodes(source, options)
  return { ...parsed, ...readInstructions(parsed.nodes, parsed.warnings, check) }
}
