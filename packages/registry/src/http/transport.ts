/** What carries a request: `fetch` everywhere, node:http under Node (`nodeTransport` of the `/node` entry). */

/** Bytes that are made anew each time they are sent: a request may have to be repeated. Chunks may be views on reused memory. */
export interface StreamBody {
  readonly size: number
  stream(): AsyncIterable<Uint8Array>
}

export interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** A stream only where the transport takes one (`streams`). */
  readonly body?: Uint8Array<ArrayBuffer> | StreamBody | undefined
  readonly signal: AbortSignal
}

/** An answer whose body was not read yet; a `Response` is one. */
export interface HttpResponse {
  readonly status: number
  /** `opaqueredirect`: a browser does not tell where a redirect leads. */
  readonly type: string
  readonly headers: HttpHeaders
  readonly body: HttpBody | null
}

/** What is needed of `Headers`: names in any case, several values joined by commas. */
export type HttpHeaders = Pick<Headers, 'get' | 'has'>

export interface HttpBody {
  getReader(): HttpReader
  /** Says that nobody wants the rest. */
  cancel(): Promise<void>
}

export interface HttpReader {
  read(): Promise<{ readonly done: false; readonly value: Uint8Array } | { readonly done: true; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

/** Makes one request. Must not follow redirects, send cookies, or read the body before it is asked for. */
export interface Transport {
  /** Whether bodies may be streams, so that large uploads need no memory. */
  readonly streams: boolean
  request(url: URL, request: HttpRequest): Promise<HttpResponse>
}

/** Over `fetch`, whose request bodies are whole pieces: browsers stream uploads over HTTP/2 only, and Node's holds what the socket does not take yet in memory. */
export const fetchTransport = (fetch: typeof globalThis.fetch): Transport => ({
  streams: false,
  request(url, { method, headers, body, signal }) {
    if (body !== undefined && !(body instanceof Uint8Array)) throw new TypeError('fetch is given bytes only')
    return fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'manual',
      credentials: 'omit',
      signal,
      ...(body === undefined ? {} : { body }),
    })
  },
})
