export interface RtTicketSeen {
  id: number
  Status: string
  Subject: string
  Requestor: { id: string }[]
  CustomFields: { name: string; values: string[] }[]
  _hyperlinks: { ref: string; type?: string; id?: string; _url?: string }[]
}

export interface Said {
  id: string
  type: string
  creator: string
  /** Of its first part that is text. */
  text: string
  files: { name: string; bytes: Buffer }[]
}

/** Grace, an agent, at Request Tracker: what she does and sees there. */
export function agentAt(url: string, token: string) {
  /** What was said stays as it was said: each is fetched once. */
  const known = new Map<string, Promise<Said>>()

  const headers = {
    authorization: `token ${token}`,
    'content-type': 'application/json',
  }

  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${url}/REST/2.0${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 300)}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  async function items<T>(path: string, query: Record<string, string>): Promise<T[]> {
    const asked = new URLSearchParams({ per_page: '100', orderby: 'id', ...query }).toString()
    return ((await call('GET', `${path}?${asked}`)) as { items: T[] }).items
  }

  async function said(id: string, type: string, creator: string): Promise<Said> {
    const parts = await items<{ id: string; ContentType: string; Filename: string }>(
      `/transaction/${id}/attachments`,
      { fields: 'ContentType,Filename' },
    )
    const bytesOf = async (part: { id: string }) =>
      Buffer.from(
        ((await call('GET', `/attachment/${part.id}`)) as { Content?: string }).Content ?? '',
        'base64',
      )
    const text = parts.find(({ ContentType, Filename }) => ContentType.startsWith('text/') && !Filename)
    const files = parts.filter(({ Filename }) => Filename)
    return {
      id,
      type,
      creator,
      text: text ? (await bytesOf(text)).toString() : '',
      files: await Promise.all(
        files.map(async (file) => ({ name: file.Filename, bytes: await bytesOf(file) })),
      ),
    }
  }

  return {
    /** Oldest first; those of one customer, of whichever status. */
    async ticketsOf(requestor: string): Promise<number[]> {
      const query = `Requestor.EmailAddress = '${requestor}'`
      return (await items<{ id: string }>('/tickets', { query })).map(({ id }) => Number(id))
    },
    ticket: async (id: number) => (await call('GET', `/ticket/${id}`)) as RtTicketSeen,
    /** Correspondence and comments, oldest first. */
    async history(id: number): Promise<Said[]> {
      const rows = await items<{ id: string; Type: string; Creator: { id: string } }>(
        `/ticket/${id}/history`,
        {
          fields: 'Type,Creator',
        },
      )
      const talk = rows.filter(({ Type }) => Type === 'Correspond' || Type === 'Comment')
      return Promise.all(
        talk.map((row) => {
          const one = known.get(row.id) ?? said(row.id, row.Type, row.Creator.id)
          known.set(row.id, one)
          return one
        }),
      )
    },
    async correspond(id: number, html: string, files: { name: string; type: string; bytes: Buffer }[] = []) {
      const attached = files.map(({ name, type, bytes }) => ({
        FileName: name,
        FileType: type,
        FileContent: bytes.toString('base64'),
      }))
      await call('POST', `/ticket/${id}/correspond`, {
        Content: html,
        ContentType: 'text/html',
        ...(attached.length > 0 && { Attachments: attached }),
      })
    },
    async comment(id: number, text: string) {
      await call('POST', `/ticket/${id}/comment`, { Content: text, ContentType: 'text/plain' })
    },
    async setStatus(id: number, status: string) {
      await call('PUT', `/ticket/${id}`, { Status: status })
    },
  }
}

export type Agent = ReturnType<typeof agentAt>
