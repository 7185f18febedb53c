import { posixRegExp } from '../text/posix-regexp.js'
import { expandPattern, expandRegExp, expandText } from './expand.js'
import { compareFiles, testFile, testIsSet } from './file-tests.js'
import { patternRegExp } from './pattern.js'
import type { Shell } from './shell.js'
import { CommandFault } from './signals.js'
import type { Condition } from './syntax.js'

/** `[[ … ]]` */
export async function evaluateCondition(shell: Shell, node: Condition): Promise<boolean> {
  switch (node.type) {
    case 'CondNot':
      return !(await evaluateCondition(shell, node.operand))
    case 'CondAnd':
      return (await evaluateCondition(shell, node.left)) && evaluateCondition(shell, node.right)
    case 'CondOr':
      return (await evaluateCondition(shell, node.left)) || evaluateCondition(shell, node.right)
    case 'CondGroup':
      return evaluateCondition(shell, node.expression)
    case 'CondWord':
      return (await expandText(shell, node.word)) !== ''
    case 'CondUnary': {
      const operand = await expandText(shell, node.operand)
      if (node.operator === '-z') return operand === ''
      if (node.operator === '-n') return operand !== ''
      return testIsSet(shell, node.operator, operand) ?? testFile(shell, node.operator, operand)
    }
    case 'CondBinary':
      return binary(shell, node)
  }
}

async function binary(shell: Shell, node: Extract<Condition, { type: 'CondBinary' }>): Promise<boolean> {
  const left = await expandText(shell, node.left)
  const ignoreCase = shell.shopt('nocasematch')
  switch (node.operator) {
    case '=':
    case '==':
    case '!=': {
      const matches = patternRegExp(await expandPattern(shell, node.right), { extglob: true, ignoreCase }).test(left)
      return matches === (node.operator !== '!=')
    }
    case '=~': {
      const expression = posixRegExp(await expandRegExp(shell, node.right), { syntax: 'extended', ignoreCase })
      if (!expression) throw new CommandFault('syntax error in regular expression', 2)
      const match = expression.exec(left)
      const variable = shell.env.declare('BASH_REMATCH', false)
      variable.value = new Map((match ?? []).map((text, at) => [at, text ?? '']))
      return match !== null
    }
  }
  const right = await expandText(shell, node.right)
  switch (node.operator) {
    case '<':
      return left < right
    case '>':
      return left > right
    case '-nt':
    case '-ot':
    case '-ef':
      return compareFiles(shell, node.operator, left, right)
  }
  const [a, b] = [shell.arithmetic(left), shell.arithmetic(right)]
  switch (node.operator) {
    case '-eq':
      return a === b
    case '-ne':
      return a !== b
    case '-lt':
      return a < b
    case '-le':
      return a <= b
    case '-gt':
      return a > b
    case '-ge':
      return a >= b
  }
}
