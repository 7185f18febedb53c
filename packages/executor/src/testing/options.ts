import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import type { RunOption } from '../errors.js'
import { equal, type Options, type Part, rejects } from './harness.js'

/** What goes beyond a command on a tree: given, or refused. */
export function optionsPart({ name, fixture: { supports = [] }, run, runner: { describe, it } }: Part): void {
  describe(`${name}: options`, () => {
    const socket = { target: '/tmp/agent', source: createOverlay(emptySnapshot()), socket: '/nowhere' }
    const asking: Readonly<Record<RunOption, Options>> = {
      socket: { mounts: [socket] },
      insecure: { security: 'insecure' },
      ulimits: { resources: { ulimits: [{ name: 'nofile', soft: 99, hard: 111 }] } },
      memory: { resources: { memoryBytes: 1 << 24 } },
      cpus: { resources: { cpus: 0.5 } },
      shm: { resources: { shmBytes: 1 << 20 } },
      terminal: { terminal: true },
      ports: { network: 'private' },
    }
    for (const [option, options] of Object.entries(asking) as [RunOption, Options][]) {
      if (supports.includes(option)) continue
      it(`refuses what it cannot give: ${option}`, () => rejects('RUN_OPTION_UNSUPPORTED', () => run('true', options)))
    }
    if (supports.includes('ulimits')) {
      it('sets limits', async () => {
        equal((await run('ulimit -n; ulimit -Hn', asking.ulimits)).stdout, '99\n111\n', 'soft and hard limit')
        const unlimited = { ulimits: [{ name: 'core', soft: 0, hard: -1 }] }
        equal((await run('ulimit -c; ulimit -Hc', { resources: unlimited })).stdout, '0\nunlimited\n', 'no limit')
        await rejects('RUN_ULIMIT', () => run('true', { resources: { ulimits: [{ name: 'version', soft: 1, hard: 1 }] } }))
      })
    }
    if (supports.includes('shm')) {
      it('bounds /dev/shm', async () => {
        const { stdout } = await run('dd if=/dev/zero of=/dev/shm/f bs=1k count=2000 2>/dev/null; stat -c %s /dev/shm/f', asking.shm)
        equal(stdout, '1048576\n', 'bytes that fitted')
      })
    }
    if (supports.includes('memory')) {
      it('ends a command that takes too much memory', async () => {
        const { stdout } = await run('dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; echo $?', asking.memory)
        equal(stdout, '137\n', 'status')
      })
    }
    if (supports.includes('ports')) {
      it('gives a network of its own where it is asked to', async () => {
        const { stdout } = await run('ip -o link | sed "s/^[0-9]*: //; s/[:@].*//" | sort', asking.ports)
        equal(stdout.split('\n').filter(Boolean).length, 2, 'interfaces, the loopback among them')
      })
    }
    if (supports.includes('insecure')) {
      it('gives all capabilities where it is asked to', async () => {
        const mounts = 'mount -t tmpfs none /tmp 2>/dev/null && echo mounted || echo refused'
        equal((await run(mounts)).stdout, 'refused\n', 'a mount in the sandbox')
        equal((await run(mounts, asking.insecure)).stdout, 'mounted\n', 'a mount without it')
      })
    }
  })
}
