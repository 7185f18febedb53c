import { formatPlatform, normalizePlatform, parsePlatform, ResolveError } from '@layerwright/dockerfile'
import { describe, expect, it } from 'vitest'
import { errorOf } from './support.js'

describe('platforms', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v2', 'linux/amd64/v2'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['armhf', 'linux/arm/v7'],
    ['armel', 'linux/arm/v6'],
    ['arm64', 'linux/arm64'],
    ['linux', 'linux/amd64'],
    ['macOS/arm64', 'darwin/arm64'],
    ['windows(10.0.17763)/amd64', 'windows/amd64'],
  ])('%s is %s', (text, platform) => expect(formatPlatform(parsePlatform(text))).toBe(platform))
  it('takes the open part from the platform given', () =>
    expect(formatPlatform(parsePlatform('linux', { os: 'linux', architecture: 'riscv64' }))).toBe('linux/riscv64'))
  it('is the same after a second normalization', () => {
    const once = normalizePlatform({ os: 'Linux', architecture: 'ARMHF' })
    expect(normalizePlatform(once)).toEqual(once)
  })
  it.each([
    ['unknownarch', '"unknownarch": unknown operating system or architecture: invalid argument'],
    ['linux/*', '"linux/*": wildcards not yet supported: invalid argument'],
    ['linux/amd64/v1/v2', '"linux/amd64/v1/v2": cannot parse platform specifier: invalid argument'],
    ['linux/a b', expect.stringContaining('"a b" is an invalid component of "linux/a b"')],
    ['', expect.stringContaining('"" is an invalid OS component of ""')],
  ])('refuses %s', (text, message) => {
    expect(() => parsePlatform(text)).toThrow(ResolveError)
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'BAD_PLATFORM', message }))
  })
  it('names the variable behind a bad one', async () => {
    expect(await errorOf('FROM --platform=$TARGETPLATFROM alpine\n')).toMatchObject({
      code: 'BLANK_PLATFORM',
      message: 'empty platform value from expression $TARGETPLATFROM (did you mean TARGETPLATFORM?)',
      suggestion: 'TARGETPLATFORM',
    })
  })
})
