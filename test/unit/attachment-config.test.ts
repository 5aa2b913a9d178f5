import { describe, expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load-config.ts'
import type { Config } from '../../src/config/schema.ts'

const secret = 'x'.repeat(32)

function check(attachments: string, more = ''): Config | { path: string; message: string }[] {
  return checkConfig(`meta: { appSecrets: [a], verifyToken: b }\n${more}\nattachments: ${attachments}\n`, {})
}

const page = (more: string) =>
  `helpdesks: { main: { adapter: inbox } }\npages: [{ id: '1', name: a, accessToken: t, helpdesk: main${more} }]`

describe('attachments', () => {
  test('need nothing: links then stay what they are', () => {
    expect(check('{}', page(''))).toMatchObject({ attachments: { maxBytes: 26_214_400, ttlDays: 30 } })
  })

  test('are kept in a folder or in a bucket', () => {
    const s3 = '{ endpoint: "https://s3.example", bucket: desk-files, accessKeyId: k, secretAccessKey: s }'
    expect(check('{ store: { folder: /data } }')).toMatchObject({
      attachments: { store: { folder: '/data' } },
    })
    expect(check(`{ store: { s3: ${s3} } }`)).toMatchObject({
      attachments: { store: { s3: { bucket: 'desk-files', region: 'us-east-1', prefix: 'attachments/' } } },
    })
    for (const store of ['{}', `{ folder: /data, s3: ${s3} }`]) {
      expect(check(`{ store: ${store} }`)).toEqual([
        { path: 'attachments.store.folder', message: 'needs either folder or s3, and not both' },
      ])
    }
  })

  test.each([
    ['{ linkSecrets: [short] }', 'attachments.linkSecrets.0'],
    ['{ linkSecrets: [] }', 'attachments.linkSecrets'],
    ['{ publicUrl: "https://a.example/?x=1" }', 'attachments.publicUrl'],
    [
      '{ store: { s3: { endpoint: "ftp://x", bucket: b, accessKeyId: k, secretAccessKey: s } } }',
      'attachments.store.s3.endpoint',
    ],
    ['{ maxBytes: 10 }', 'attachments.maxBytes'],
    ['{ urlKey: x }', 'attachments.urlKey'],
  ])('%s is a fault of %s, and its value is not told', (text, path) => {
    const faults = check(text)
    expect(faults).toMatchObject(expect.arrayContaining([expect.objectContaining({ path })]))
    expect(JSON.stringify(faults)).not.toContain('short')
  })

  test('take secrets and an address of their own', () => {
    expect(check(`{ linkSecrets: [${secret}], publicUrl: "https://files.example/" }`)).toMatchObject({
      attachments: { linkSecrets: [secret], publicUrl: 'https://files.example' },
    })
  })
})

describe('a Page that says copy', () => {
  const fault = [
    { path: 'pages.0.attachments', message: 'copies need attachments.store and server.publicUrl' },
  ]

  test('needs a store and an address', () => {
    const copying = page(', attachments: copy')
    expect(check('{}', copying)).toEqual(fault)
    expect(check('{ store: { folder: /data } }', copying)).toEqual(fault)
    expect(check('{}', `server: { publicUrl: "https://a.example" }\n${copying}`)).toEqual(fault)
    for (const [attachments, server] of [
      ['{ store: { folder: /data } }', 'server: { publicUrl: "https://a.example" }\n'],
      ['{ store: { folder: /data }, publicUrl: "https://a.example" }', ''],
    ] as const) {
      expect(check(attachments, server + copying)).toMatchObject({ pages: [{ attachments: 'copy' }] })
    }
  })

  test('is the only one that does', () => {
    expect(check('{}', page(', attachments: link'))).toMatchObject({ pages: [{ attachments: 'link' }] })
    expect(check('{}', page(', attachments: maybe'))).toMatchObject([{ path: 'pages.0.attachments' }])
  })
})
