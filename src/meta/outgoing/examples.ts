import type { OutgoingBody } from './schema.ts'

interface Example {
  summary: string
  value: unknown
}

const replies = {
  text: {
    summary: 'Text, said by a bot',
    value: { text: 'Hello Ada, your parcel leaves today.', from: 'bot' },
  },
  textByAgent: {
    summary: 'Text that a person wrote, shown with their name and picture',
    value: {
      text: 'Hello Ada, I have looked into it.',
      agent: { name: 'Grace', pictureUrl: 'https://shop.example/staff/grace.jpg' },
    },
  },
  textInReply: {
    summary: 'Text that answers one message',
    value: { text: 'Yes, this one.', replyTo: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM', agent: { name: 'Grace' } },
  },
  textWithQuickReplies: {
    summary: 'Text with answers to tap',
    value: {
      text: 'How may we reach you?',
      quickReplies: [
        { type: 'text', title: 'Here', payload: 'REACH_HERE', imageUrl: 'https://shop.example/here.png' },
        { type: 'phone' },
        { type: 'email' },
      ],
    },
  },
  image: {
    summary: 'A picture that Meta fetches',
    value: { attachment: { type: 'image', url: 'https://shop.example/size-table.png' } },
  },
  audio: {
    summary: 'A sound that Meta fetches',
    value: { attachment: { type: 'audio', url: 'https://shop.example/greeting.mp3' } },
  },
  video: {
    summary: 'A video that Meta fetches',
    value: { attachment: { type: 'video', url: 'https://shop.example/assembly.mp4' } },
  },
  file: {
    summary: 'A file that was uploaded before',
    value: { attachment: { type: 'file', uploadId: 'upl_Q2hhbmdlLW1lLW9yLW5vdA' }, agent: { name: 'Grace' } },
  },
  generic: {
    summary: 'Cards with a picture and buttons',
    value: {
      template: {
        type: 'generic',
        elements: [
          {
            title: 'Straw hat',
            subtitle: 'For every head',
            imageUrl: 'https://shop.example/hat.jpg',
            defaultAction: { type: 'web_url', url: 'https://shop.example/hat', webviewHeightRatio: 'tall' },
            buttons: [
              { type: 'web_url', title: 'Look at it', url: 'https://shop.example/hat' },
              { type: 'postback', title: 'Put it aside', payload: 'KEEP_HAT' },
            ],
          },
        ],
      },
    },
  },
  button: {
    summary: 'Text with buttons',
    value: {
      template: {
        type: 'button',
        text: 'What may we do for you?',
        buttons: [
          { type: 'phone_number', title: 'Call us', payload: '+15105551234' },
          { type: 'account_link', url: 'https://shop.example/login' },
          { type: 'postback', title: 'Nothing, thank you', payload: 'NOTHING' },
        ],
      },
    },
  },
  media: {
    summary: 'An uploaded video with a button',
    value: {
      template: {
        type: 'media',
        elements: [
          {
            mediaType: 'video',
            uploadId: 'upl_Q2hhbmdlLW1lLW9yLW5vdA',
            buttons: [{ type: 'web_url', title: 'The manual', url: 'https://shop.example/manual' }],
          },
        ],
      },
    },
  },
  receipt: {
    summary: 'An order confirmation',
    value: {
      template: {
        type: 'receipt',
        recipientName: 'Ada Lovelace',
        orderNumber: '2026-000123',
        currency: 'EUR',
        paymentMethod: 'Visa 1234',
        orderUrl: 'https://shop.example/orders/2026-000123',
        timestamp: '1795255200',
        address: {
          street1: '12 St James Square',
          city: 'London',
          postalCode: 'SW1Y 4JH',
          state: 'London',
          country: 'GB',
        },
        elements: [
          {
            title: 'Straw hat',
            subtitle: 'Size M',
            quantity: 2,
            price: 25,
            currency: 'EUR',
            imageUrl: 'https://shop.example/hat.jpg',
          },
        ],
        summary: { subtotal: 50, shippingCost: 4.95, totalTax: 8.77, totalCost: 44.95 },
        adjustments: [{ name: 'New customer', amount: 10 }],
      },
    },
  },
  coupon: {
    summary: 'A code to reveal',
    value: {
      template: {
        type: 'coupon',
        title: '10 % off everything',
        subtitle: 'Once per customer',
        couponCode: 'HATS10',
        couponUrl: 'https://shop.example',
        couponUrlButtonTitle: 'To the shop',
        payload: 'SPRING',
      },
    },
  },
  product: {
    summary: 'Products of the catalogue',
    value: { template: { type: 'product', elements: [{ id: '4321098765432109' }] } },
  },
  customerFeedback: {
    summary: 'How content was the customer?',
    value: {
      template: {
        type: 'customer_feedback',
        title: 'How did we do?',
        subtitle: 'Your answer helps us to do better.',
        buttonTitle: 'Rate us',
        feedbackScreens: [
          {
            questions: [
              {
                id: 'support_1',
                type: 'csat',
                title: 'How content are you with our help?',
                scoreLabel: 'neg_pos',
                scoreOption: 'five_stars',
                followUp: { type: 'free_form', placeholder: 'What could we do better?' },
              },
            ],
          },
        ],
        businessPrivacy: { url: 'https://shop.example/privacy' },
        expiresInDays: 3,
      },
    },
  },
  utility: {
    summary: 'An approved utility template',
    value: {
      template: {
        type: 'utility',
        name: 'parcel_left',
        language: 'en_US',
        components: [{ type: 'body', parameters: [{ type: 'text', text: '2026-000123' }] }],
      },
    },
  },
  imageGrid: {
    summary: 'Several pictures in one message',
    value: {
      template: {
        type: 'image_grid',
        elements: [
          {
            title: 'New this week',
            images: [
              {
                url: 'https://shop.example/hat.jpg',
                isHeroImage: true,
                action: { type: 'web_url', url: 'https://shop.example/hat' },
              },
              { url: 'https://shop.example/cap.jpg', action: { type: 'postback', payload: 'CAP' } },
            ],
            buttons: [{ type: 'web_url', title: 'To the shop', url: 'https://shop.example' }],
          },
        ],
      },
    },
  },
  reaction: {
    summary: 'A reaction to a message',
    value: { reaction: { mid: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM', emoji: '👍' } },
  },
  noReaction: {
    summary: 'The reaction taken away',
    value: { reaction: { mid: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM', emoji: null } },
  },
  typing: { summary: 'An answer is being typed', value: { typing: true } },
  seen: { summary: 'The messages were seen', value: { seen: true } },
  raw: {
    summary: "What we have no field for, in Meta's words: here a sticker",
    value: { raw: { message: { sticker_id: '369239263222822' } } },
  },
} satisfies Record<string, { summary: string; value: OutgoingBody }>

/** A whole request for each kind of reply, for openapi.yaml and the documentation. Tests check and compose them all. */
export const replyExamples: Record<string, Example> = replies
