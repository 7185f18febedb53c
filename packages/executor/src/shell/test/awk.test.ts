import { describe, expect, it } from 'vitest'
import { plainTree, tryLine } from './support.js'

const answers = async (table: readonly (readonly [line: string, out: string, exit?: number])[]) => {
  for (const [line, out, exit = 0] of table) {
    const tried = await tryLine(line)
    expect({ line, out: tried.out, exit: tried.exit }).toEqual({ line, out, exit })
  }
}

describe('awk', () => {
  it('reads records and fields, and joins them again', () =>
    answers([
      [`echo 'a,b' | awk -F, -v OFS=- '{$1=$1}1'`, 'a-b\n'],
      [`awk 'BEGIN{$0="a b c"; NF=2; print; $5="e"; print NF, $0}'`, 'a b\n5 a b   e\n'],
      [`printf 'a b\\nc\\n\\n\\nd\\n' | awk -v RS= '{print NR, NF, $NF}'`, '1 3 c\n2 1 d\n'],
      [`printf 'aXXbXc' | awk -v RS='X+' '{print NR, $0}'`, '1 a\n2 b\n3 c\n'],
      [`printf '1\\n2\\n3\\n4\\n' | awk 'NR==2,/3/'`, '2\n3\n'],
    ]))

  it('compares numbers from outside as numbers, and texts as texts', () =>
    answers([
      [`echo '10 9' | awk '{print ($1 > $2), ($1"" > $2"")}'`, '1 0\n'],
      [`awk 'BEGIN{print x == 0, x == "", length(x)}'`, '1 1 0\n'],
      [`awk -v n=010 'BEGIN{print (n == 10), n}'`, '1 010\n'],
    ]))

  it('opens files and commands, and closes them', () =>
    answers([
      [`awk 'BEGIN{print "b\\na" | "sort"; close("sort"); print "end"}'`, 'a\nb\nend\n'],
      [`awk 'BEGIN{while (("printf 1\\\\\\\\n2\\\\\\\\n" | getline l) > 0) s = s l; print s, close("x")}'`, '12 -1\n'],
      [`awk 'BEGIN{print "x" > "f"; close("f"); getline y < "f"; print y, (getline z < "none"), system("exit 3")}'`, 'x -1 3\n'],
      [`yes | awk 'NR==3{print NR; exit 4}'`, '3\n', 4],
    ]))

  it('hands arrays to functions by reference, also those that become arrays there', () =>
    answers([
      [`awk 'function f(a, i){a["k"]=1; i=9} BEGIN{i=1; f(x, i); print x["k"], i, ("k" in x)}'`, '1 1 1\n'],
      [`awk 'function fib(n){return n<2 ? n : fib(n-1)+fib(n-2)} BEGIN{print fib(12)}'`, '144\n'],
    ]))

  it('ends with 2 and a message for a program that cannot be read', async () => {
    for (const program of ['{', 'BEGIN{f()}', 'BEGIN{print "a}', '/(/', 'BEGIN{$(-1)}', 'BEGIN{1 = 2}']) {
      const { exit, err } = await tryLine(`awk '${program}'`)
      expect({ program, exit }).toEqual({ program, exit: 2 })
      expect(err).toMatch(/^awk: /)
    }
  })

  it('is the awk that the tree has: their words and their large numbers differ', async () => {
    const overlay = plainTree()
    overlay.mkdir('/usr/bin', { recursive: true })
    overlay.writeFile('/usr/bin/gawk', '\x7fELF', { mode: 0o755 })
    overlay.symlink('gawk', '/usr/bin/awk')
    const line = `awk 'BEGIN{print 2^31, gensub(/(a)/, "<\\\\1>", "g", "aXa")}'`
    expect((await tryLine(line, { overlay })).out).toBe('2147483648 <a>X<a>\n')
    expect((await tryLine(`awk 'BEGIN{print 2^31}'`)).out).toBe('2.14748e+09\n')
    expect((await tryLine(line)).exit).toBe(2)
  })

  it('stops when it is told to, within an endless loop', async () => {
    const stop = AbortSignal.timeout(30)
    await expect(tryLine(`awk 'BEGIN{for(;;) n++}'`, { signal: stop })).rejects.toMatchObject({ code: 'RUN_ABORTED' })
  })

  it('limits recursion instead of ending the process', async () => {
    await expect(tryLine(`awk 'function f(){return f()} BEGIN{f()}'`)).rejects.toMatchObject({ code: 'RUN_LIMIT' })
  })
})
