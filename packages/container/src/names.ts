import { InvalidContainerNameError, InvalidVolumeNameError } from './errors.js'

/** Two characters at least: an engine's rule, which keeps one-letter names free for drive letters. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/
const ID = /^[0-9a-f]{64}$/

/** @throws InvalidVolumeNameError */
export function checkVolumeName(name: string, maxLength: number): string {
  if (!NAME.test(name) || name.length > maxLength) throw new InvalidVolumeNameError(name)
  return name
}

/** A leading slash, as engines print it, is dropped. @throws InvalidContainerNameError */
export function checkContainerName(name: string, maxLength: number): string {
  const bare = name.startsWith('/') ? name.slice(1) : name
  if (!NAME.test(bare) || bare.length > maxLength) throw new InvalidContainerNameError(name)
  return bare
}

export const isFullId = (text: string): boolean => ID.test(text)

/** 64 random hex digits: a container's id, or the name of an anonymous volume. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const MOODS = [
  'brisk',
  'calm',
  'clever',
  'eager',
  'gentle',
  'jolly',
  'keen',
  'mellow',
  'proud',
  'quiet',
  'steady',
  'sunny',
  'swift',
  'tidy',
  'witty',
  'zesty',
]
const SHIPS = [
  'barge',
  'brig',
  'canoe',
  'clipper',
  'cutter',
  'dinghy',
  'ferry',
  'galley',
  'gig',
  'junk',
  'kayak',
  'ketch',
  'lugger',
  'sloop',
  'tender',
  'yawl',
]

/** A readable name for a container that was given none; `taken` says whether one is in use. */
export function inventName(taken: (name: string) => boolean): string {
  const pick = (words: readonly string[]): string => words[crypto.getRandomValues(new Uint8Array(1))[0]! % words.length]!
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(MOODS)}_${pick(SHIPS)}${attempt < 5 ? '' : attempt}`
    if (!taken(name)) return name
  }
}
