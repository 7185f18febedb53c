import { describe, expect, it } from 'vitest'
import { tryLine } from './support.js'

describe('told what a command looked at', () => {
  async function looks(line: string, prepare: string[] = []): Promise<Set<string>> {
    const seen = new Set<string>()
    const { overlay } = await tryLine(prepare.join('; '))
    await tryLine(line, { overlay, filesystem: overlay, onAccess: (access) => seen.add(Object.values(access).join(' ')) })
    return seen
  }

  it('is every name on the way, links and what is missing among them', async () => {
    const seen = await looks('cat link/file missing', ['mkdir real', 'echo x > real/file', 'ln -s real link'])
    for (const path of ['/work', '/work/link', '/work/real', '/work/real/file', '/work/missing']) expect(seen).toContain(`lookup ${path}`)
    expect(seen).toContain('read /work/real/file')
    expect(seen).not.toContain('read /work/missing')
  })

  it('is what was listed, and of attributes only what was asked for', async () => {
    const prepare = ['mkdir d', 'touch d/a d/b']
    const listed = await looks('echo d/*', prepare)
    expect(listed).toContain('readdir /work/d')
    expect(listed).not.toContain('read /work/d/a')
    expect(await looks('[ -f d/a ]', prepare)).not.toContain('stat /work/d/a')
    expect(await looks('[ d/a -nt d/b ]', prepare)).toContain('stat /work/d/a')
    for (const line of ['cat d/a', 'find d -name a', 'grep -r x d', 'echo d/*', 'wc -w < d/a'])
      expect(await looks(line, prepare)).not.toContain('stat /work/d/a')
    for (const line of ['stat -c %s d/a', 'find d -size 0', 'ls -i d', 'cp -p d/a d/c'])
      expect(await looks(line, prepare)).toContain('stat /work/d/a')
  })

  it('is not known of a filesystem that walks its own way', async () => {
    const { overlay } = await tryLine(':')
    const filesystem = new Proxy(overlay, {
      get: (target, key) =>
        typeof Reflect.get(target, key) === 'function' ? Reflect.get(target, key).bind(target) : Reflect.get(target, key),
    })
    const kinds = new Set<string>()
    await tryLine('cat /etc/passwd', { overlay, filesystem, onAccess: ({ kind }) => kinds.add(kind) })
    expect(kinds).toContain('untraced')
  })

  it('is what a change rests on', async () => {
    const prepare = ['mkdir d', 'echo x > d/a']
    expect(await looks('echo y >> d/a', prepare)).toContain('read /work/d/a')
    expect(await looks('echo y > d/a', prepare)).not.toContain('read /work/d/a')
    expect(await looks('ln d/a d/b', prepare)).toContain('read /work/d/a')
    expect(await looks('mv d e', prepare)).toContain('tree /work/d')
    expect(await looks('mkdir -p d/new/deep', prepare)).toContain('lookup /work/d/new/deep')
  })

  it('is the variables that were asked for', async () => {
    const names = async (line: string) => [...(await looks(line))].filter((look) => look.startsWith('env '))
    expect(await names('echo $ONE')).toContain('env ONE')
    expect(await names('echo $ONE')).not.toContain('env TWO')
    expect(await names('echo $ONE')).not.toContain('env ')
    expect(await names('printenv TWO')).toContain('env TWO')
    expect(await names('sh -c "echo \\$THREE"')).toContain('env THREE')
    expect(await names('sh -c true')).not.toContain('env ')
    for (const line of ['env', 'printenv', 'set', 'export -p', 'awk "BEGIN { print ENVIRON[0] }"'])
      expect(await names(line)).toContain('env ')
  })
})
