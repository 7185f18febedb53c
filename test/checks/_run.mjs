import { readFileSync, writeFileSync } from 'node:fs'
import { compareRow } from '/work/shared/oracle/compare.mjs'
const kind = process.argv[2], show = Number(process.argv[3] ?? 20), filter = process.argv[4]
const { answer } = await import(`/work/main/test/checks/oracle/${kind}.mjs`)
const rows = readFileSync(`/work/shared/oracle/${kind}.jsonl`, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l))
let pass = 0, fail = 0, wording = 0
for (const row of rows) {
  let a, v
  try { a = await answer(row); v = compareRow(row, a) } catch (e) { v = { pass: false, differences: [['THROW', '', e.stack?.slice(0, 400)]] } }
  if (v.pass) { pass++; continue }
  fail++; if (v.wordingOnly) wording++
  const text = v.differences.map(([p, w, g]) => `   ${p}: want ${JSON.stringify(w)?.slice(0, 300)} got ${p === 'THROW' ? g : JSON.stringify(g)?.slice(0, 300)}`).slice(0, 4).join('\n')
  if (filter && !text.includes(filter) && !row.dockerfile?.includes(filter)) continue
  if (fail <= show || filter) console.log(row.id.slice(0, 12), JSON.stringify((row.ignorefile ?? row.dockerfile ?? '').slice(0, 200)), JSON.stringify(row.input ?? '').slice(0, 100), '\n' + text)
}
console.log({ pass, fail, wording })
