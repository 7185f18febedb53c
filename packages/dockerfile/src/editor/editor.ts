import type { Dockerfile, Instruction, Variable } from 'dockerfile-ast'
import { parseAst } from './ast.js'
import { completionsFor } from './completion.js'
import type { Completion, EditorDocument, EditorInstruction, EditorPosition, EditorRange, EditorVariable } from './types.js'

/**
 * Opens a text for an editor. It never throws: while a Dockerfile is being written it is broken most of the time.
 * What a build makes of the text is told by `parseDockerfile`, not by this.
 */
export function openEditor(text: string): EditorDocument {
  const ast = parseAst(text)
  const lines = text.split('\n')
  const instructions = ast.getInstructions().map((instruction) => readInstruction(ast, instruction))
  const instructionAt = (position: EditorPosition) => instructions.find(({ range }) => contains(range, position))
  const stagesAbove = (line: number) =>
    ast.getFROMs().flatMap((from) => (from.getRange().end.line < line ? (from.getBuildStage() ?? []) : []))
  return {
    instructions,
    instructionAt,
    variableAt: (position) => instructionAt(position)?.variables.find(({ range }) => contains(range, position)),
    variablesAt: (line) => ast.getAvailableVariables(line),
    complete: (position): readonly Completion[] =>
      completionsFor({
        position,
        before: (lines[position.line] ?? '').slice(0, position.character),
        instruction: instructionAt(position) ?? continuedAbove(instructions, lines, position),
        variables: ast.getAvailableVariables(position.line),
        stages: stagesAbove(position.line),
      }),
  }
}

/** In the blanks behind an instruction, or on a continuation line that is still empty, the instruction above is meant. */
function continuedAbove(instructions: readonly EditorInstruction[], lines: readonly string[], position: EditorPosition) {
  const above = instructions.findLast(({ range }) => range.start.line <= position.line)
  if (!above) return undefined
  if (above.range.end.line === position.line) return above
  const between = lines.slice(above.range.end.line, position.line)
  return between.length > 0 && between.every((line) => /[\\`]\s*$/.test(line)) ? above : undefined
}

function contains({ start, end }: EditorRange, { line, character }: EditorPosition): boolean {
  if (line < start.line || line > end.line) return false
  return (line > start.line || character >= start.character) && (line < end.line || character <= end.character)
}

function readInstruction(ast: Dockerfile, instruction: Instruction): EditorInstruction {
  return {
    keyword: instruction.getKeyword(),
    keywordRange: instruction.getInstructionRange(),
    range: instruction.getRange(),
    arguments: instruction.getArguments().map((argument) => ({ text: argument.getValue(), range: argument.getRange() })),
    variables: instruction.getVariables().map((variable) => readVariable(ast, variable)),
  }
}

function readVariable(ast: Dockerfile, variable: Variable): EditorVariable {
  const range = variable.getRange()
  const value = ast.resolveVariable(variable.getName(), range.start.line)
  return {
    name: variable.getName(),
    range,
    nameRange: variable.getNameRange(),
    modifier: variable.getModifier() ?? '',
    // `undefined` is a name that nothing above defines, `null` one that is defined without a value.
    defined: value !== undefined,
    value: value ?? undefined,
  }
}
