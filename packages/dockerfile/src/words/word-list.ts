import { isSpace } from '../text/space.js'

/**
 * Collects the words of a split text.
 *
 * A trap of the reference, kept because it changes results: the word being collected lies in one buffer, shared with the substitutions
 * nested in it, and opening a substitution that has a word of its own (`${x:-y}`) empties it. So `80${X:-81}` is the word `81`.
 */
export class WordList {
  private buffer = ''

  /** Starts a list; what is in the shared buffer is lost. */
  open(): Collector {
    this.buffer = ''
    const words: string[] = []
    let inWord = false
    const flush = () => {
      if (this.buffer !== '') {
        words.push(this.buffer)
        this.buffer = ''
        inWord = false
      }
    }
    const addRaw = (piece: string) => {
      this.buffer += piece
      inWord = true
    }
    const addText = (piece: string) => {
      let from = 0
      for (let at = 0; at < piece.length; at++) {
        if (!isSpace(piece.charCodeAt(at))) continue
        if (at > from) addRaw(piece.slice(from, at))
        from = at + 1
        if (inWord) flush()
      }
      if (from < piece.length) addRaw(piece.slice(from))
    }
    return {
      addRaw,
      addText,
      close: () => {
        flush()
        return words
      },
    }
  }
}

export interface Collector {
  /** Text that is not split (it was quoted or escaped). */
  addRaw(piece: string): void
  /** Text that white space splits. */
  addText(piece: string): void
  close(): string[]
}
