import { build, memoryContext, OptionsInvalidError, plan, planBuild } from '@layerwright/build'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'

const options = () => ({
  context: memoryContext({ Dockerfile: 'FROM scratch AS one\nARG A\nLABEL a=$A\nFROM one AS two\n' }),
  store: memoryStore(),
})

describe('options', () => {
  it.each([build, plan, planBuild])('that are wrong are named all at once', async (call) => {
    const wrong = { buildArgs: { A: '1' }, labels: { a: 'b' }, timestamps: 'sauce', targets: 'two' }
    const error = await call(wrong as never).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(OptionsInvalidError)
    expect(error).toMatchObject({ code: 'OPTIONS_INVALID', hint: expect.stringContaining('BuildOptions') })
    const words = ['context', 'store', 'buildArgs', 'labels', 'targets', 'timestamps']
    expect((error as OptionsInvalidError).faults.map((fault) => /`(\w+)`/.exec(fault)![1])).toEqual(words)
  })

  it.each([build, plan, planBuild])('with keys that there are not name them, and what was meant', async (call) => {
    const given = {
      ...options(),
      buildargs: new Map(),
      buildArg: new Map(),
      args: 1,
      colour: 1,
      absent: undefined,
      cache: { strenght: 'traced' },
      run: { hosts: [] },
    }
    await expect(call(given as never)).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      faults: [
        '`buildargs` is no option: did you mean `buildArgs`?',
        '`buildArg` is no option: did you mean `buildArgs`?',
        '`args` is no option: did you mean `buildArgs`?',
        '`colour` is no option',
        '`cache.strenght` is no option: did you mean `cache.strength`?',
        '`run.hosts` is no option: did you mean `run.extraHosts`?',
      ],
    })
    for (const none of [undefined, null, 'folder'])
      await expect(call(none as never)).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining('`context`') })
  })

  it('takes empty lists for lists that were not given', async () => {
    const plain = await build(options())
    const empty = await build({ ...options(), targets: [], platforms: [], buildArgs: new Map() })
    expect(empty.image.digest).toBe(plain.image.digest)
  })
})
