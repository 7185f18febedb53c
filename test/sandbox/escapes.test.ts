/**
 * S23, S28, S29 and S30 where they matter most: hostile images and Dockerfiles in a real sandbox, with each runtime. Each test tries to get out, and
 * compares what lies around on the host before and after.
 */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, build, memoryContext } from '@layerwright/build'
import { type BackendName, linuxExecutor } from '@layerwright/executor/linux'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup, readAll } from '@layerwright/vfs'
import { afterAll, describe, expect, it } from 'vitest'
import { type RawMember, rawTar } from '../../packages/layer/test/support.js'
import { codeOf, guarded, hostPaths, link, paths, SECRET } from '../security/support.js'
import { leaveOut, requireTool } from '../support/tools.js'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
if (!isRoot) leaveOut('escapes from a real sandbox', 'this is not root')
const busybox = isRoot ? requireTool('busybox') : undefined
const runtimes = (['runc', 'crun', 'bwrap'] satisfies BackendName[]).filter((name) => isRoot && requireTool(name))

const sandbox = mkdtempSync(join(tmpdir(), 'layerwright-escapes-'))
afterAll(() => rmSync(sandbox, { recursive: true, force: true }))

/** Folders of the host that an escape would write to first. Its kernel's own files have no lasting inodes. */
const HOST = ['/', '/etc', '/root', '/usr', '/bin', '/home', '/opt', '/srv', '/var', '/sys/kernel', '/proc/sys/kernel']
function hostListing(): string[] {
  const own = (folder: string) => !['sys', 'proc'].includes(folder.split('/')[1] ?? '')
  return HOST.flatMap((folder) =>
    readdirSync(folder).map((name) => {
      const stat = lstatSync(join(folder, name), { throwIfNoEntry: false })
      return stat ? `${join(folder, name)} ${stat.mode.toString(8)} ${stat.uid}${own(folder) ? ` ${stat.ino}` : ''}` : ''
    }),
  ).sort()
}

const INSTALL = 'FROM scratch AS base\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
/** One each: results of one runtime would be another's. */
const stores = new Map(runtimes.map((name) => [name, memoryStore()]))

/** Builds on busybox with a runtime; gives the tree and the text of `/got`. */
async function attempt(backend: BackendName, lines: string, hostile: readonly RawMember[] = [], options: Partial<BuildOptions> = {}) {
  const context = memoryContext({
    busybox: { content: new Uint8Array(readFileSync(busybox!)), mode: 0o755 },
    'hostile.tar': new Uint8Array(rawTar(...hostile)),
    Dockerfile: `${INSTALL}FROM base\n${hostile.length > 0 ? 'ADD hostile.tar /\n' : ''}${lines}\n`,
  })
  const { image } = await build({ context, store: stores.get(backend)!, executor: linuxExecutor({ backend, folder: sandbox }), ...options })
  const tree = layerSnapshot(image.unpacked)
  const got = lookup(tree, '/got')
  return { tree, got: got?.type === 'file' ? new TextDecoder().decode(await readAll(got.content)) : undefined }
}

/** Numbers of a device, where a header of a tar has them. */
const numbers = (major: number, minor: number): [number, string][] => [
  [329, `${major.toString(8).padStart(7, '0')}\0`],
  [337, `${minor.toString(8).padStart(7, '0')}\0`],
]

/** What a file holds; nothing where it is removed meanwhile, as the folders of runs that are over. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return Buffer.of()
    throw error
  }
}

/** As `guarded` of the security tests, and the host as a whole. */
const contained = (work: Parameters<typeof guarded<void>>[0]) =>
  guarded(async (place) => {
    const before = hostListing()
    await work(place)
    expect(hostListing()).toEqual(before)
  })

// Where there is no runtime, the tests are named all the same, as left out.
describe.skipIf(!busybox || runtimes.length === 0).each(runtimes.length > 0 ? runtimes : (['runc'] as const))(
  'in a sandbox of %s',
  (backend) => {
    it('S23 mount points are made in no lower folder and left in no layer', () =>
      contained(async () => {
        const lowers = () => hostPaths(join(sandbox, 'layers'))
        await attempt(backend, 'RUN mkdir /kept && touch /kept/file')
        const before = lowers()
        const { tree } = await attempt(
          backend,
          'RUN mkdir /kept && touch /kept/file\nRUN --mount=type=tmpfs,target=/kept --mount=type=cache,target=/fresh/cache --mount=type=tmpfs,target=/bin/deep/er touch /kept/x /fresh/cache/y /bin/deep/er/z',
        )
        expect(paths(tree)).toContain('kept/file')
        for (const gone of ['kept/x', 'fresh', 'fresh/cache', 'bin/deep', 'bin/deep/er']) expect(paths(tree)).not.toContain(gone)
        expect(lowers().filter((path) => before.includes(path))).toEqual(before)
      }))

    it.each(['/proc/self/fd/7', '/proc/self/cwd', '/proc/1/root', '/tmp/../../proc/self/fd/8'])(
      'S28 WORKDIR %s is refused, or lies inside',
      (folder) =>
        contained(async ({ outside }) => {
          const lines = `WORKDIR ${folder}\nRUN cat ../../../../../../..${outside}/secret ../secret secret > /got 2>/dev/null; touch planted; true`
          // A link there leads to the place; what is not a place of the image is none to work in.
          expect(await codeOf(async () => expect((await attempt(backend, lines)).got).not.toContain(SECRET.trim()))).toBe('RUN_DIRECTORY')
        }),
    )

    it('S28 a working directory behind a link of the image lies inside', () =>
      contained(async ({ outside }) => {
        const { tree, got } = await attempt(
          backend,
          'WORKDIR /w\nRUN touch planted; cat secret ../outside/secret > /got 2>/dev/null; true',
          [link('w', outside)],
        )
        expect(got).toBe('')
        expect(lookup(tree, `${outside}/planted`)?.type).toBe('file')
      }))

    it('S28 no descriptor of the host is open, and no process of it to be seen', () =>
      contained(async ({ outside }) => {
        const { got } = await attempt(
          backend,
          `RUN for fd in /proc/[0-9]*/fd/*; do readlink $fd; done > /got; for root in /proc/[0-9]*/root /proc/[0-9]*/cwd; do cat $root/${outside}/secret; done >> /got 2>/dev/null; true`,
        )
        expect(got).not.toContain(SECRET.trim())
        // The command's own files, pipes and devices.
        const strange = got
          ?.split('\n')
          .filter((line) => line !== '' && !/^(pipe:|socket:|anon_inode:|\/dev\/null|\/got|\/proc$|\/dev\/pts\/)/.test(line))
        expect(strange).toEqual([])
      }))

    it('S29 mount targets behind links of the image are mounted inside', () =>
      contained(async ({ outside }) => {
        const up = '../../../../../../../../..'
        const hostile = [
          link('absolute', outside),
          link('climbing', `${up}${outside}`),
          link('old', `${up}/oldroot${outside}`),
          link('self', '/proc/self/root'),
        ]
        const targets = ['/absolute/x', '/climbing/y', '/old/z']
        const { tree } = await attempt(
          backend,
          `RUN ${targets.map((target) => `--mount=type=tmpfs,target=${target}`).join(' ')} touch ${targets.map((target) => `${target}/planted`).join(' ')}`,
          hostile,
        )
        expect(paths(tree).filter((path) => /planted/.test(path))).toEqual([])
        // A target below a link into the kernel's own files: nothing may be mounted over them.
        await attempt(backend, 'RUN --mount=type=tmpfs,target=/self/tmp/m true', hostile).catch((error: unknown) =>
          expect(error).toHaveProperty('code'),
        )
      }))

    it('S29 a RUN that swaps a mount target for a link changes nothing for the next', () =>
      contained(async ({ outside }) => {
        const { tree, got } = await attempt(
          backend,
          `RUN mkdir /m /cache\nRUN --mount=type=cache,target=/cache rm -rf /m && ln -s ${outside} /m\nRUN --mount=type=tmpfs,target=/m/deep touch /m/deep/planted; ls ${outside} > /got`,
        )
        expect(got).toBe('deep\n')
        expect(paths(tree).filter((path) => /planted|deep/.test(path))).toEqual([])
      }))

    it.each(['dev', 'proc', 'sys'])('S30 an image whose /%s is a link is refused, with the reason', (name) =>
      contained(async ({ outside }) => {
        for (const target of [outside, `../../../../../oldroot${outside}`]) {
          expect(await codeOf(() => attempt(backend, 'RUN true', [link(name, target)]))).toBe('RUN_KERNEL_FOLDER')
        }
      }),
    )

    it('S30 the files that the engine puts into /etc lie inside, wherever its links lead', () =>
      contained(async ({ outside, secret }) => {
        const ways: RawMember[][] = [
          [link('etc', outside)],
          [
            { name: 'etc/', type: '5', mode: 0o755 },
            link('etc/hosts', secret),
            link('etc/resolv.conf', `../../../..${outside}/folder/file`),
          ],
        ]
        for (const hostile of ways) {
          const { got, tree } = await attempt(backend, 'RUN cat /etc/hosts /etc/resolv.conf > /got 2>&1; true', hostile)
          expect(got).toContain('localhost')
          expect(got).not.toContain(SECRET.trim())
          for (const path of [secret, `${outside}/folder/file`]) expect(paths(tree)).not.toContain(path.slice(1))
        }
      }))

    it('S30 what a command leaves in the place of folders is taken over as links', () =>
      contained(async ({ outside, secret }) => {
        const { tree } = await attempt(
          backend,
          `RUN mkdir /d && touch /d/secret\nRUN rm -r /d && ln -s ${outside} /d && ln -s ${secret} /file\nRUN echo planted > ${outside}/secret 2>/dev/null; rm -f /d/secret; true`,
        )
        expect(lookup(tree, '/d', { follow: false })).toMatchObject({ type: 'symlink', target: outside })
      }))

    it('S30 devices of the host cannot be opened, made or brought along', () =>
      contained(async () => {
        // The disk that the root folder lies on, as far as a node can name it.
        const { dev } = statSync('/')
        const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)]
        const hostile: RawMember[] = [
          { name: 'disk', type: '4', mode: 0o666, patch: numbers(major, minor) },
          { name: 'memory', type: '3', mode: 0o666, patch: numbers(1, 1) },
        ]
        const nodes = ['/dev/made', '/made', '/tmp/made', '/m/made'].map(
          (path) => `mknod ${path} b ${major} ${minor}; mknod ${path}m c 1 1`,
        )
        const read = 'for node in /disk /memory /dev/made* /made* /tmp/made* /m/made*; do head -c 1 $node | wc -c; done 2>/dev/null'
        const { got } = await attempt(
          backend,
          `RUN --mount=type=cache,target=/m mkdir -p /tmp; (${nodes.join('; ')}) 2>/dev/null; (${read}) > /got; rm -f /made* /tmp/made* /m/made*`,
          hostile,
        )
        expect(got?.replaceAll('0\n', '')).toBe('')
        expect(got).not.toBe('')
      }))

    it('S30 the kernel’s settings cannot be written, and nothing can be mounted', () =>
      contained(async () => {
        // What is written is what is there already: nothing is lost where one of them lets it through. To the one that cannot be read goes a question.
        const files = [
          '/proc/sys/kernel/core_pattern',
          '/proc/sys/kernel/panic',
          '/proc/sys/vm/swappiness',
          '/proc/irq/default_smp_affinity',
          '/sys/kernel/mm/ksm/run',
        ]
        const { got } = await attempt(
          backend,
          `RUN mkdir /x; for file in ${files.join(' ')}; do value=$(cat $file) && (echo "$value" > $file) 2>/dev/null && echo wrote $file; done > /got; ` +
            '(echo h > /proc/sysrq-trigger) 2>/dev/null && echo asked >> /got; touch /sys/planted 2>/dev/null && echo planted >> /got; ' +
            'for type in tmpfs proc sysfs cgroup overlay; do mount -t $type none /x 2>/dev/null && echo mounted $type; done >> /got; ' +
            'mount --bind / /x 2>/dev/null && echo bound >> /got; umount /proc 2>/dev/null && echo unmounted >> /got; mount -o remount,rw /sys 2>/dev/null && echo remounted >> /got; true',
        )
        expect(got).toBe('')
      }))

    it('S30 a setuid file of an image lies where no other user of the host can reach it', () =>
      contained(async () => {
        const { tree } = await attempt(backend, 'RUN chmod 4755 /bin/busybox\nRUN test -u /bin/busybox')
        expect(lookup(tree, '/bin/busybox')?.mode).toBe(0o4755)
        for (const folder of ['layers', 'runs']) expect(statSync(join(sandbox, folder)).mode & 0o077).toBe(0)
      }))

    it('S40 a secret lies on no disk, not even while its command runs', () =>
      contained(async () => {
        const secret = 'a-secret-of-eleven-words'
        const mounts = backend === 'bwrap' ? '--mount=type=secret,id=one' : '--mount=type=secret,id=one,env=WORD,target=/run/secrets/one'
        let looked = 0
        const found: string[] = []
        const look = (folder: string) => {
          for (const path of hostPaths(folder)) {
            const stat = lstatSync(join(folder, path), { throwIfNoEntry: false })
            if (!stat?.isFile()) continue
            looked++
            if (bytesOf(join(folder, path)).includes(secret)) found.push(path)
          }
        }
        const { got, tree } = await attempt(
          backend,
          `RUN ${mounts} echo looking; sleep 0.2; cat /run/secrets/one | wc -c > /got; echo "$WORD" | wc -c >> /got`,
          [],
          {
            secrets: new Map([['one', new TextEncoder().encode(secret)]]),
            onEvent: (event) => {
              if (event.type === 'step.output' && event.text.includes('looking')) look(sandbox)
            },
          },
        )
        expect(got).toBe(`${secret.length}\n${backend === 'bwrap' ? 1 : secret.length + 1}\n`)
        expect([looked > 0, found]).toEqual([true, []])
        look(sandbox)
        expect(found).toEqual([])
        expect(paths(tree)).not.toContain('run/secrets/one')
      }))
  },
)
