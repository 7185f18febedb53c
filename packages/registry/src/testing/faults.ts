/** One thing that goes wrong with one request. */
export type Fault =
  /** The connection breaks before the registry has seen the request. */
  | { readonly kind: 'drop' }
  /** The registry does what was asked, and the connection breaks before it has said so. */
  | { readonly kind: 'dropAnswer' }
  /** The connection breaks after so many bytes: of the answer's body, or of what is being uploaded (the registry then keeps those). */
  | { readonly kind: 'cut'; readonly after: number }
  /** The answer's body stops after so many bytes, and the connection stays open. */
  | { readonly kind: 'stall'; readonly after: number }
  /** One bit of the body is another. */
  | { readonly kind: 'corrupt' }
  /** The body has so many bytes more, or fewer, and nothing else says so. */
  | { readonly kind: 'resize'; readonly by: number }
  /** The answer is another; `code` is that of its error, UNKNOWN by default. */
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly headers?: Readonly<Record<string, string>> }
  /** 401 with a challenge that names this realm. */
  | { readonly kind: 'challenge'; readonly realm: string }
  /** The request is sent elsewhere. */
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** The registry does what was asked and names this place for going on. */
  | { readonly kind: 'location'; readonly to: string }
  /** The header of the answer is another: undefined takes it away. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string | undefined }

/** The answer as the fault makes it. Faults that happen before there is an answer are none of its business. */
export function spoil(response: Response, fault: Fault | undefined, body: Uint8Array<ArrayBuffer>): Response {
  const { status } = response
  const headers = new Headers(response.headers)
  const answer = (bytes: BodyInit | null) => new Response(empty(status) ? null : bytes, { status, headers })
  switch (fault?.kind) {
    case 'cut':
      return answer(broken(body.subarray(0, fault.after), 'error'))
    case 'stall':
      return answer(broken(body.subarray(0, fault.after), 'hang'))
    case 'corrupt': {
      const wrong = body.slice()
      if (wrong.length > 0) wrong[wrong.length >> 1] = wrong[wrong.length >> 1]! ^ 1
      return answer(wrong)
    }
    case 'resize': {
      headers.delete('content-length')
      const size = Math.max(0, body.length + fault.by)
      const wrong = new Uint8Array(size)
      wrong.set(body.subarray(0, size))
      return answer(wrong)
    }
    case 'location':
      headers.set('location', fault.to)
      return answer(body)
    case 'header':
      if (fault.value === undefined) headers.delete(fault.name)
      else headers.set(fault.name, fault.value)
      return answer(body)
    default:
      return answer(body)
  }
}

const empty = (status: number): boolean => status === 204 || status === 304 || status < 200

function broken(bytes: Uint8Array<ArrayBuffer>, end: 'error' | 'hang'): ReadableStream<Uint8Array> {
  let sent = false
  return new ReadableStream({
    pull(controller) {
      if (!sent && bytes.length > 0) {
        sent = true
        controller.enqueue(bytes)
      } else if (end === 'error') controller.error(new TypeError('terminated'))
      else return new Promise(() => {})
    },
  })
}
