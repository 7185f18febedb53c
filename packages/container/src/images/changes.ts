import { type ImageConfig, type ImageRunConfig, parseDockerfile, resolveDockerfile } from '@layerwright/dockerfile'
import { InvalidChangeError } from '../errors.js'

/** What `--change` takes: instructions that only touch the configuration. */
const ALLOWED = ['cmd', 'entrypoint', 'env', 'expose', 'healthcheck', 'label', 'onbuild', 'user', 'volume', 'workdir']

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * A configuration with Dockerfile instructions applied in order: the very rules of a build, as if the container were the base of a stage.
 * @throws InvalidChangeError
 */
export async function applyConfigChanges(
  config: ImageRunConfig,
  changes: readonly string[],
  platform: Pick<ImageConfig, 'os' | 'architecture' | 'variant'>,
): Promise<ImageRunConfig> {
  if (changes.length === 0) return config
  for (const change of changes) {
    const keyword = change.trim().split(/\s/, 1)[0]!.toLowerCase()
    if (!ALLOWED.includes(keyword)) throw new InvalidChangeError(change, `use one of ${ALLOWED.join(', ').toUpperCase()}`)
  }
  // A stage gets a PATH if it has none; a commit must not. So it is given one here that can be told apart again.
  const env = config.Env ?? []
  const lacksPath = !env.some((variable) => variable.split('=', 1)[0] === 'PATH')
  const base = { ...config, Env: lacksPath ? [...env, DEFAULT_PATH] : env }
  const { os, architecture, variant } = platform
  const image: ImageConfig = {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    config: base,
    rootfs: { type: 'layers', diff_ids: [] },
  }
  try {
    const dockerfile = parseDockerfile(['FROM container', ...changes].join('\n'))
    const build = await resolveDockerfile(dockerfile, {
      platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
      base: async () => ({ id: 'container', config: image }),
    })
    const result = build.stages.at(-1)!.image.config
    return lacksPath && result.Env?.includes(DEFAULT_PATH)
      ? { ...result, Env: result.Env.filter((variable) => variable !== DEFAULT_PATH) }
      : result
  } catch (error) {
    throw new InvalidChangeError(changes.join('; '), error instanceof Error ? error.message : String(error))
  }
}
