import type { Attachment, Author, EventBase, JsonValue } from './event-base.ts'

/** Events of the Page or Instagram account: what happens in public, and what Meta says about the Page. */

/** One word for each, whatever the item: Meta also says edited and update, delete. */
export type Verb = 'add' | 'edit' | 'remove' | 'hide' | 'unhide' | 'mute' | 'block' | 'unblock' | 'follow'

export interface CommentEvent extends EventBase {
  kind: 'comment'
  commentId: string
  /** The post; on Instagram the media. */
  postId: string | null
  /** The comment that this one answers; null when it answers the post. */
  parentId: string | null
  verb: Verb
  author: Author
  /** Null when it was removed, or holds no words. */
  text: string | null
  attachments: Attachment[]
  /** The Page itself is the author. */
  byPage: boolean
  /** Under a live video of Instagram. */
  isLive?: true
  /** The ad under which it stands. */
  adId?: string
  adTitle?: string
  permalinkUrl?: string
  groupId?: string
  /** The rule of the Page that it met. Whoever is named by `group` should see to it. */
  rule?: { do: 'public' | 'private' | 'hide' | 'tag'; group?: string }
}

export interface PostEvent extends EventBase {
  kind: 'post'
  /** Always null: comments and posts have the same fields. */
  commentId: null
  postId: string
  verb: Verb
  /** Meta's word: post, status, photo, video or share. */
  item: string
  author: Author
  text: string | null
  attachments: Attachment[]
  /** False for drafts and scheduled posts; null when Meta does not say. */
  isPublished: boolean | null
  /** The Page itself is the author. */
  byPage: boolean
  groupId?: string
}

/** A reaction to a post or comment, or a like of the Page. */
export interface FeedReactionEvent extends EventBase {
  kind: 'feed_reaction'
  verb: Verb
  /** Meta's word, such as `love`. Sources disagree about the list. */
  reaction: string
  /** Null with `commentId` null: the Page itself is liked. */
  postId: string | null
  commentId: string | null
  author: Author
  /** The Page itself is the author. */
  byPage: boolean
}

/** A recommendation of the Page, or what was said and felt about one. */
export interface ReviewEvent extends EventBase {
  kind: 'review'
  storyId: string
  verb: Verb
  /** rating, comment, reaction or like. */
  item: string
  author: Author
  text: string | null
  /** 1 to 5, of old reviews. */
  rating: number | null
  /** positive or negative. */
  recommendation: string | null
  commentId: string | null
  reaction: string | null
  /** The Page itself is the author. */
  byPage: boolean
}

/** Somebody named the Page in a post or comment of their own. */
export interface MentionEvent extends EventBase {
  kind: 'mention'
  verb: Verb
  /** post or comment. */
  item: string
  /** The post; on Instagram the media. */
  postId: string | null
  commentId: string | null
  author: Author
  text: string | null
}

/** A label was put on a person in Meta's inbox, or taken off. */
export interface LabelEvent extends EventBase {
  kind: 'label'
  /** add or remove, as Meta says it. */
  action: string | null
  labelId: string | null
  label: string | null
}

/** Meta changed what the Page may do. */
export interface PageIntegrityEvent extends EventBase {
  kind: 'page_integrity'
  /** As Meta sent it: its shape is not documented. */
  value: JsonValue
}

/** How a story of Instagram did, when it ends. */
export interface StoryInsightEvent extends EventBase {
  kind: 'story_insight'
  mediaId: string | null
  /** The figures that Meta sent, by Meta's names. */
  figures: Record<string, number>
}
