/** What the options of a build give to every RUN, and what of it a result depends on. */
import { type BuildOptions, build, memoryContext } from '@layerwright/build'
import { type ExecRequest, UnknownUserError } from '@layerwright/executor'
import { memoryStore } from '@layerwright/store'
import { describe, expect, it } from 'vitest'

/** Builds a Dockerfile with an executor that only looks; gives what each RUN was asked with. */
async function requests(run: string, options: Partial<BuildOptions> = {}) {
  const seen: ExecRequest[] = []
  let hosts = ''
  const result = await build({
    context: memoryContext({ Dockerfile: `FROM scratch\n${run}\n` }),
    store: memoryStore(),
    executor: {
      class: 'test',
      simulated: false,
      async run(request) {
        seen.push(request)
        hosts = new TextDecoder().decode(await request.filesystem.readFile('/etc/hosts'))
        return { exitCode: 0 }
      },
    },
    ...options,
  })
  return { seen, hosts, outcomes: result.steps.map(({ outcome }) => outcome), layers: result.image.layers.length }
}

describe('settings for RUN', () => {
  it('reach the executor', async () => {
    const resources = { memoryBytes: 1, cpus: 2, shmBytes: 3, ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] }
    const { seen, hosts } = await requests('RUN ["x"]', {
      run: { resources, extraHosts: [{ name: 'made.up', address: '10.1.2.3' }], network: 'none' },
    })
    expect(seen[0]).toMatchObject({
      resources,
      network: 'none',
      security: 'sandbox',
      extraHosts: [{ name: 'made.up', address: '10.1.2.3' }],
    })
    expect(hosts).toContain('10.1.2.3\tmade.up\n')
  })

  it('do not reach what the line itself says', async () => {
    const { seen } = await requests('RUN --network=none ["x"]', { run: { network: 'host' }, allow: new Set(['network.host']) })
    expect(seen[0]?.network).toBe('none')
  })

  it.each([
    ['RUN --security=insecure ["x"]', 'security.insecure', 'network.host'],
    ['RUN --network=host ["x"]', 'network.host', 'security.insecure'],
  ] as const)('%s runs with its own privilege only', async (run, right, wrong) => {
    const labs = `# check=error=true\n${run}`
    await expect(requests(labs, { allow: new Set([wrong]) })).rejects.toMatchObject({ code: 'ENTITLEMENT_DENIED' })
    const { seen } = await requests(run, { allow: new Set([right]) })
    expect(seen).toHaveLength(1)
  })

  it('are no way around the gate', async () => {
    await expect(requests('RUN ["x"]', { run: { network: 'host' } })).rejects.toMatchObject({ code: 'ENTITLEMENT_DENIED' })
  })

  it('make another result where a command can see them, and not where they say how much of the machine it gets', async () => {
    const store = memoryStore()
    const outcome = async (run: BuildOptions['run']) => (await requests('RUN ["x"]', { store, ...(run ? { run } : {}) })).outcomes.at(-1)
    expect(await outcome(undefined)).toBe('ran')
    expect(await outcome({ resources: { memoryBytes: 1 << 30, cpus: 1 } })).toBe('cached')
    expect(await outcome({ resources: { shmBytes: 1 << 20 } })).toBe('ran')
    expect(await outcome({ resources: { ulimits: [{ name: 'nofile', soft: 1, hard: 1 }] } })).toBe('ran')
    expect(await outcome({ extraHosts: [{ name: 'a', address: '::1' }] })).toBe('ran')
    expect(await outcome({ network: 'none' })).toBe('ran')
  })
})

describe('RUN --mount=type=ssh', () => {
  it('gets the socket of the agent that it names, with its mode and owner', async () => {
    const ssh = new Map([['work', '/tmp/agent.sock']])
    const { seen, layers } = await requests('RUN --mount=type=ssh,id=work,mode=0660,uid=5,gid=6 ["x"]', { run: { ssh } })
    const [mount] = seen[0]?.mounts ?? []
    expect(mount).toMatchObject({ target: '/run/buildkit/ssh_agent.0', socket: '/tmp/agent.sock' })
    expect(seen[0]?.env.get('SSH_AUTH_SOCK')).toBe('/run/buildkit/ssh_agent.0')
    expect(seen[0]?.filesystem.exists('/run')).toBe(false)
    expect(layers).toBe(1)
  })

  it('is left out where there is no such agent, unless it has to be there', async () => {
    const { seen } = await requests('RUN --mount=type=ssh ["x"]')
    expect(seen[0]?.mounts).toEqual([])
    await expect(requests('RUN --mount=type=ssh,required=true ["x"]')).rejects.toMatchObject({ code: 'SSH_AGENT_NOT_FOUND' })
  })

  it('is no part of the key: agents come and go', async () => {
    const store = memoryStore()
    const run = 'RUN --mount=type=ssh ["x"]'
    await requests(run, { store })
    expect((await requests(run, { store, run: { ssh: new Map([['default', '/a']]) } })).outcomes.at(-1)).toBe('cached')
  })
})

it('somebody whom the image does not know runs nothing, in the reference’s words', async () => {
  const built = build({
    context: memoryContext({ Dockerfile: 'FROM scratch\nUSER stranger\nRUN ["x", "y"]\n' }),
    store: memoryStore(),
    executor: {
      class: 'test',
      simulated: false,
      async run() {
        throw new UnknownUserError('stranger', 'passwd')
      },
    },
  })
  await expect(built).rejects.toMatchObject({
    code: 'RUN_UNKNOWN_USER',
    user: 'stranger',
    message: 'process "x y" did not complete successfully: unable to find user stranger: no matching entries in passwd file',
    lines: { startLine: 3 },
  })
})

it('a working directory that is gone is made again, for the user', async () => {
  const seen: string[] = []
  const result = await build({
    context: memoryContext({ Dockerfile: 'FROM scratch\nWORKDIR /w/b\nRUN ["rm"]\nUSER 7:8\nRUN ["x"]\n' }),
    store: memoryStore(),
    executor: {
      class: 'test',
      simulated: false,
      async run({ argv, filesystem, cwd }) {
        if (argv[0] === 'rm') filesystem.rm('/w', { recursive: true })
        else seen.push(`${filesystem.stat(cwd).uid}:${filesystem.stat('/w').gid}`)
        return { exitCode: 0 }
      },
    },
  })
  expect(seen).toEqual(['7:8'])
  expect(result.image.layers).toHaveLength(3)
})
