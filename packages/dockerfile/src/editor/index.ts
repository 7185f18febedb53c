export { openEditor } from './editor.js'
export type {
  Completion,
  EditorDocument,
  EditorInstruction,
  EditorPosition,
  EditorRange,
  EditorVariable,
  EditorWord,
} from './types.js'
