import { describe, expect, it } from 'vitest'
import { tryLine } from './support.js'

/** Each of these goes wrong in the interpreter that the parser comes from. */
describe('what a POSIX shell does', () => {
  const lines: readonly (readonly [line: string, out: string, exit: number])[] = [
    // Under a condition, errexit is off inside functions and groups too.
    ['set -e; f(){ false; echo in; }; f && echo y; echo end', 'in\ny\nend\n', 0],
    ['set -e; f(){ false; echo in; }; f || echo n', 'in\n', 0],
    ['set -e; { false; echo in; } && echo y', 'in\ny\n', 0],
    ['set -e; (false); echo no', '', 1],
    ['set -e; x=$(false); echo no', '', 1],
    // A redirection that fails makes the command fail, not the script.
    ['echo x > /missing/dir/f || echo fallback', 'fallback\n', 0],
    ['( echo x ) > /missing/f || echo fallback', 'fallback\n', 0],
    ['for i in 1; do echo; done 2> /missing/f || echo fallback', 'fallback\n', 0],
    // Flags of the shell, joined.
    ["sh -ec 'echo a; false; echo b'; echo $?", 'a\n1\n', 0],
    ["bash -eo pipefail -c 'false | true; echo no'; echo $?", '1\n', 0],
    ["echo 'echo from $1' > f; sh -eux f arg 2>/dev/null", 'from arg\n', 0],
    ['echo "echo in" | sh -s', 'in\n', 0],
    // Bytes are bytes.
    ["printf '\\xff' | od -An -tx1", ' ff\n', 0],
    ["echo -ne '\\xff\\xfe' > b; wc -c < b", '2\n', 0],
    // Links.
    ['ln -s nowhere d; ls d; rm d && [ ! -L d ] && echo gone', 'd\ngone\n', 0],
    ['ln -s nowhere d; rm -f d; [ -L d ] || echo gone', 'gone\n', 0],
    ["echo x > f; ln -s f l; ls -l l | sed 's/.*:.. //'", 'l -> f\n', 0],
    ['echo x > f; ln -s f l; tar cf t.tar l; rm l; tar xf t.tar; readlink l', 'f\n', 0],
    ['echo x > f; ln -s f l; cp -a l m; cp -P l n; cp l o; readlink m n; [ -L o ] || echo file', 'f\nf\nfile\n', 0],
    // Commands that have ways of their own.
    ['echo a > f; sed -i.bak s/a/b/ f; cat f f.bak', 'b\na\n', 0],
    ['mkdir -m 700 d; stat -c "%a %h %n" d', '700 2 d\n', 0],
    ['touch f; find . -type f -user root -xdev', './f\n', 0],
    ['seq 3 | head -n -1; mkdir x; ls -d */', '1\n2\nx/\n', 0],
    ['printf "a\\na\\n" | uniq -c', '      2 a\n', 0],
    ['printf "a\\0b\\0" | xargs -0 -n1 echo', 'a\nb\n', 0],
    // Jobs, traps, umask.
    ['sleep 1000 & echo started', 'started\n', 0],
    ['(sleep 1; echo late) & echo early; wait', 'early\nlate\n', 0],
    // What runs on in the background holds the pipe of a substitution, or not.
    ['x=$( (sleep 1; echo late) & echo early); echo "$x"', 'early\nlate\n', 0],
    ['x=$(sleep 1000 > /dev/null & echo now); echo "$x"', 'now\n', 0],
    ['x=$(echo a &); echo "[$x]"', '[a]\n', 0],
    ['x=$( ( (sleep 1; echo deep) & ) ); echo "$x"', 'deep\n', 0],
    ['x=$( { echo one; sleep 1; echo two; } & wait; echo three); echo "$x"', 'one\ntwo\nthree\n', 0],
    ['x=$( (sleep 1; exit 3) & false); echo "$?"', '1\n', 0],
    ["trap 'echo bye' EXIT; echo hi; exit 3", 'hi\nbye\n', 3],
    ["trap 'echo err' ERR; false; echo x", 'err\nx\n', 0],
    ['umask 077; touch f; mkdir d; stat -c %a f d', '600\n700\n', 0],
    ['yes | head -1', 'y\n', 0],
    ['timeout 1 sleep 100; echo $?', '124\n', 0],
    ['mkfifo p; (echo through > p &); cat p', 'through\n', 0],
    ['diff <(echo a) <(echo a) && echo same', 'same\n', 0],
  ]
  for (const [line, out, exit] of lines) {
    it(line, async () => {
      const result = await tryLine(line)
      expect({ out: result.out, exit: result.exit }).toEqual({ out, exit })
    })
  }

  it('gives children the environment and nothing else', async () => {
    const { out } = await tryLine('env | sort', {
      argv: ['sh', '-c', 'env | sort'],
      env: new Map([
        ['A', '1'],
        ['PATH', '/bin'],
      ]),
    })
    expect(out).toBe('A=1\nHOME=/root\nPATH=/bin\nPWD=/work\n')
  })

  it('passes output on as it comes', async () => {
    const seen: string[] = []
    await tryLine('echo a; echo b >&2; echo c', { onOutput: (stream, bytes) => seen.push(stream + String.fromCharCode(...bytes)) })
    expect(seen).toEqual(['stdouta\n', 'stderrb\n', 'stdoutc\n'])
  })
})

/** To dash `&` ends a command, whatever stands behind it. */
describe('&> in dash', () => {
  const lines: readonly (readonly [line: string, out: string])[] = [
    ['echo out &> f; wait; wc -c < f', 'out\n0\n'],
    ['(sleep 1; echo late) &> f; echo "st $?"; wait', 'st 0\nlate\n'],
    ['if false &> f; then echo then; else echo else; fi; wait', 'then\n'],
    ['echo p | cat &> f; wait; wc -c < f', 'p\n0\n'],
    ['false && echo no &> f; wait; ls', 'f\n'],
    ['{ echo group; } &> f && echo and; wait', 'and\ngroup\n'],
    ['echo old > f; echo new &>> f; wait; cat f', 'new\nold\n'],
    ['! true &> f; echo $?; wait', '0\n'],
  ]
  const dash = (line: string) => tryLine(line, { argv: ['dash', '-c', line] })
  it.each(lines)('%s', async (line, out) => {
    expect((await dash(line)).out.split('\n').sort()).toEqual(out.split('\n').sort())
  })
  it('refuses words behind it, and knows no name behind >&', async () => {
    await expect(dash('echo a &> f b')).rejects.toMatchObject({ code: 'SIMULATION_UNSUPPORTED' })
    expect(await dash('echo a >& f')).toMatchObject({ exit: 2, err: expect.stringContaining('Bad fd number') })
    expect((await dash('echo "a &> b c"; echo 2 2>&1')).out).toBe('a &> b c\n2\n')
    const bash = await tryLine('echo a &> f b; echo c >& g; cat f g')
    expect(bash.out).toBe('a b\nc\n')
  })
})
