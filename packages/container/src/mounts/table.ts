import { DuplicateMountPointError, InvalidMountSpecError, LimitExceededError, NoSuchVolumeDriverError } from '../errors.js'
import { checkVolumeName, randomId } from '../names.js'
import { clean } from '../paths.js'
import { parseLongMount } from './long.js'
import { parseShortMount } from './short.js'
import { parseTmpfsFlag } from './tmpfs-flag.js'
import type { MountPoint, MountRequest } from './types.js'
import { checkRequest } from './validate.js'

/** How a container's mounts are asked for; each list in the notation of the flag of that name. */
export interface MountOptions {
  /** `-v`: `SOURCE:TARGET[:OPTIONS]`, or `TARGET` alone for an anonymous volume. */
  readonly volumes?: readonly string[]
  /** `--mount`, as text or as data. */
  readonly mounts?: readonly (string | MountRequest)[]
  /** `--tmpfs`: `TARGET[:OPTIONS]`. */
  readonly tmpfs?: readonly string[]
  /** `--volumes-from`: `CONTAINER[:ro|rw]`. */
  readonly volumesFrom?: readonly string[]
}

/** The notations read, nothing looked up yet. */
export interface ParsedMounts {
  readonly short: readonly { readonly raw: string; readonly request: MountRequest; readonly mode: string }[]
  readonly long: readonly MountRequest[]
  readonly tmpfs: readonly (readonly [target: string, options: string])[]
  /** Places of anonymous volumes from `-v`. */
  readonly anonymous: readonly string[]
}

/** Reads all notations. @throws InvalidMountSpecError, MountTargetNotAbsoluteError, MountTargetIsRootError, LimitExceededError */
export function parseMounts({ volumes = [], mounts = [], tmpfs = [] }: MountOptions, maxMounts: number): ParsedMounts {
  if (volumes.length + mounts.length + tmpfs.length > maxMounts) throw new LimitExceededError('the number of mounts', maxMounts)
  const long = mounts.map((mount) => (typeof mount === 'string' ? parseLongMount(mount) : mount))
  const flags = tmpfs.map(parseTmpfsFlag)
  const short: { raw: string; request: MountRequest; mode: string }[] = []
  const anonymous: string[] = []
  for (const raw of volumes) {
    const parsed = parseShortMount(raw)
    if (parsed.kind === 'anonymous') anonymous.push(parsed.target)
    else short.push({ raw, request: parsed.request, mode: parsed.mode })
  }
  return { short, long, tmpfs: flags.map(({ target, options }) => [clean(target), options]), anonymous }
}

/** A volume that the table names and that may have to be made. */
export interface WantedVolume {
  readonly name: string
  readonly anonymous: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
}

export interface MountTable {
  readonly points: readonly MountPoint[]
  readonly volumes: readonly WantedVolume[]
}

/**
 * The mount table of a new container. An own mount wins over an inherited one, a later source of inheritance over an earlier one; two own
 * mounts on one place are refused however they are spelled. A VOLUME of the image gets an anonymous volume where nothing else lies.
 * @throws DuplicateMountPointError, InvalidMountSpecError, MountTargetNotAbsoluteError, MountTargetIsRootError, InvalidVolumeNameError,
 * NoSuchVolumeDriverError
 */
export function mountTable(
  parsed: ParsedMounts,
  inherited: readonly MountPoint[],
  declared: readonly string[],
  nameLength: number,
): MountTable {
  const points = new Map(inherited.map((mount) => [mount.destination, mount]))
  const volumes: WantedVolume[] = []
  const own = new Set(parsed.tmpfs.map(([target]) => target))
  if (own.size < parsed.tmpfs.length)
    throw new DuplicateMountPointError(parsed.tmpfs.map(([target]) => target).find((target, i, all) => all.indexOf(target) < i)!)
  const add = (request: MountRequest, mode: string, short: boolean, spec?: string): void => {
    checkRequest(request, spec)
    const destination = clean(request.target)
    if (own.has(destination)) throw new DuplicateMountPointError(request.target)
    own.add(destination)
    points.set(destination, pointOf(request, destination, mode, short, volumes, nameLength))
  }
  for (const { raw, request, mode } of parsed.short) add(request, mode, true, raw)
  for (const request of parsed.long) add(request, '', false)
  for (const place of declared) {
    const destination = clean(place.startsWith('/') ? place : `/${place}`)
    if (points.has(destination) || own.has(destination)) continue
    if (destination === '/') throw new InvalidMountSpecError(place, 'a volume cannot cover the root')
    points.set(destination, pointOf({ type: 'volume', target: destination }, destination, '', false, volumes, nameLength))
  }
  return { points: [...points.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1)), volumes }
}

function pointOf(
  request: MountRequest,
  destination: string,
  mode: string,
  short: boolean,
  volumes: WantedVolume[],
  nameLength: number,
): MountPoint {
  const rw = request.readonly !== true
  if (request.type === 'bind')
    return { type: 'bind', destination, rw, mode, source: clean(request.source!), ...(short ? { createSource: true } : {}) }
  if (request.type === 'tmpfs') return { type: 'tmpfs', destination, rw, mode, ...(request.tmpfs ? { tmpfs: request.tmpfs } : {}) }
  const { nocopy = false, subpath, driver, labels = {}, driverOptions = {} } = request.volume ?? {}
  if (driver !== undefined && driver !== '' && driver !== 'local') throw new NoSuchVolumeDriverError(driver)
  const anonymous = request.source === undefined || request.source === ''
  const name = anonymous ? randomId() : checkVolumeName(request.source!, nameLength)
  volumes.push({ name, anonymous, labels, options: driverOptions })
  return {
    type: 'volume',
    destination,
    rw,
    mode,
    name,
    copy: !nocopy && subpath === undefined,
    ...(anonymous ? { anonymous } : {}),
    ...(subpath === undefined ? {} : { subpath: clean(subpath) }),
  }
}
