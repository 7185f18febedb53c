import { lintDockerfile, toSarif } from '@layerwright/dockerfile'
import { expect, it } from 'vitest'

it('writes findings with rule, level, file and lines', async () => {
  const one = await lintDockerfile('FROM a AS B\nMAINTAINER x\nFROM a AS C\n')
  const two = await lintDockerfile('FROM a\nCOPPY x y\n')
  const { version, runs } = toSarif([
    { path: 'Dockerfile', result: one },
    { path: 'a b/Dockerfile', result: two },
  ])
  expect(version).toBe('2.1.0')
  const [run] = runs
  expect(run!.tool.driver.rules.map(({ id }) => id)).toEqual(['StageNameCasing', 'MaintainerDeprecated', 'UNKNOWN_INSTRUCTION'])
  expect(run!.tool.driver.rules[0]).toMatchObject({ helpUri: expect.stringContaining('docs/rules/StageNameCasing.md') })
  expect(run!.results.map(({ ruleId, ruleIndex, level, locations }) => [ruleId, ruleIndex, level, locations[0]!.physicalLocation])).toEqual(
    [
      [
        'StageNameCasing',
        0,
        'warning',
        { artifactLocation: { uri: 'Dockerfile', uriBaseId: '%SRCROOT%' }, region: { startLine: 1, endLine: 1 } },
      ],
      ['MaintainerDeprecated', 1, 'warning', expect.objectContaining({ region: { startLine: 2, endLine: 2 } })],
      ['StageNameCasing', 0, 'warning', expect.objectContaining({ region: { startLine: 3, endLine: 3 } })],
      [
        'UNKNOWN_INSTRUCTION',
        2,
        'error',
        { artifactLocation: { uri: 'a%20b/Dockerfile', uriBaseId: '%SRCROOT%' }, region: { startLine: 2, endLine: 2 } },
      ],
    ],
  )
  expect(run!.results[3]!.message.text).toMatch(/^dockerfile parse error on line 2: unknown instruction: COPPY.*\. .+/)
})

it('has a result without lines for what is wrong with a file as a whole, and none where nothing is', async () => {
  const empty = toSarif([{ path: 'Dockerfile', result: await lintDockerfile('') }])
  expect(empty.runs[0]!.results[0]!.locations).toEqual([
    { physicalLocation: { artifactLocation: { uri: 'Dockerfile', uriBaseId: '%SRCROOT%' } } },
  ])
  expect(toSarif([{ path: 'Dockerfile', result: await lintDockerfile('FROM scratch\n') }]).runs[0]!.results).toEqual([])
})
