import { InvalidMountSpecError, MountTargetIsRootError, MountTargetNotAbsoluteError } from '../errors.js'
import { clean } from '../paths.js'
import type { MountRequest } from './types.js'

/** @throws MountTargetNotAbsoluteError, MountTargetIsRootError */
export function checkTarget(target: string): void {
  if (target.startsWith('/') && clean(target) === '/') throw new MountTargetIsRootError()
  if (!target.startsWith('/')) throw new MountTargetNotAbsoluteError(target)
}

/**
 * What holds for every mount whatever notation it came in. Whether a host path exists is asked elsewhere.
 * @throws InvalidMountSpecError, MountTargetNotAbsoluteError, MountTargetIsRootError
 */
export function checkRequest(request: MountRequest, spec: string = describe(request)): void {
  const fail = (why: string): never => {
    throw new InvalidMountSpecError(spec, why)
  }
  if (request.target === '') fail('target is required')
  checkTarget(request.target)
  if (request.volume && request.type !== 'volume') fail(`volume options do not go with type ${request.type}`)
  if (request.bind && request.type !== 'bind') fail(`bind options do not go with type ${request.type}`)
  if (request.tmpfs && request.type !== 'tmpfs') fail(`tmpfs options do not go with type ${request.type}`)
  switch (request.type) {
    case 'bind':
      if (!request.source) fail('source is required')
      if (!request.source!.startsWith('/')) throw new MountTargetNotAbsoluteError(request.source!)
      break
    case 'volume':
      if (!request.source && request.readonly) fail('an anonymous volume cannot be read-only: nobody could ever write to it')
      if (request.volume?.subpath !== undefined) checkSubpath(request.volume.subpath, fail)
      break
    case 'tmpfs':
      if (request.source) fail('a tmpfs has no source')
      break
    default:
      fail(`unknown mount type '${String(request.type)}': use bind, volume or tmpfs`)
  }
}

/** Relative, and nowhere above the volume; the tree has the last word when it is resolved (S22). */
function checkSubpath(subpath: string, fail: (why: string) => never): void {
  if (subpath === '' || subpath.startsWith('/')) fail('volume-subpath must be a relative path')
  if (clean(subpath).split('/')[0] === '..') fail('volume-subpath leads out of the volume')
}

const describe = (request: MountRequest): string =>
  `type=${request.type}${request.source ? `,source=${request.source}` : ''},target=${request.target}`
