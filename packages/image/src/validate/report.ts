import { sha256 } from '@layerwright/digest'
import { isObject, parseObject } from '../json.js'
import type { BlobSource, Descriptor, ImageFault } from '../types.js'

/** Takes what is wrong, and with what. */
export type Report = (code: string, subject: string, message: string) => void

/** Collects faults, each of them once. */
export function reports(): { readonly faults: ImageFault[]; readonly report: Report } {
  const faults: ImageFault[] = []
  return {
    faults,
    report(code, subject, message) {
      if (!faults.some((one) => one.code === code && one.subject === subject && one.message === message))
        faults.push({ code, subject, message })
    },
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
export const codeOf = (error: unknown, otherwise: string): string => String((error as { code?: unknown } | null)?.code ?? otherwise)

/**
 * A document's bytes as they are, and what is wrong with them: they are given also when size or digest are not as described, so that what they say can be looked at, too.
 * undefined: there is nothing to look at.
 */
export async function documentBytes(
  source: BlobSource,
  descriptor: Descriptor,
  most: number,
  subject: string,
  report: Report,
): Promise<Uint8Array | undefined> {
  const { digest, size } = descriptor
  try {
    const content = await source.blob(descriptor)
    if (!content) return void report('BLOB_MISSING', subject, `there is no blob ${digest}`)
    if (content.size > most) return void report('DOCUMENT_TOO_LARGE', subject, `it has ${content.size} bytes; at most ${most} are read`)
    const chunks: Uint8Array[] = []
    let read = 0
    for await (const chunk of content.stream()) {
      read += chunk.length
      if (read > most) return void report('DOCUMENT_TOO_LARGE', subject, `it has more than ${most} bytes`)
      chunks.push(chunk.slice())
    }
    const bytes = new Uint8Array(read)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    checkBytes(bytes, { digest, size }, subject, report)
    return bytes
  } catch (error) {
    return void report(codeOf(error, 'BLOB_UNREADABLE'), subject, messageOf(error))
  }
}

export function checkBytes(
  bytes: Uint8Array,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  subject: string,
  report: Report,
): void {
  if (bytes.length !== size) report('SIZE_MISMATCH', subject, `it has ${bytes.length} bytes, its descriptor says ${size}`)
  const actual = sha256(bytes)
  if (actual !== digest) report('DIGEST_MISMATCH', subject, `its bytes have the digest ${actual}, its descriptor says ${digest}`)
}

/** The object that a document is, or undefined after saying that it is none. */
export function objectOf(bytes: Uint8Array, subject: string, report: Report): Record<string, unknown> | undefined {
  try {
    return parseObject(bytes, subject)
  } catch (error) {
    return void report('JSON_INVALID', subject, messageOf(error))
  }
}

/** Annotations are texts by texts (image-spec annotations.md). */
export function checkAnnotations(value: unknown, subject: string, report: Report): void {
  if (value === undefined || value === null) return
  if (!isObject(value) || Object.values(value).some((one) => typeof one !== 'string'))
    report('ANNOTATIONS_INVALID', subject, 'its annotations are not texts by name')
}
