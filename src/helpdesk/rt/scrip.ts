import type { RtSettings } from './settings.ts'

/** A scrip as RT's administration asks for it: two texts of Perl. */
export interface Scrip {
  condition: string
  commit: string
}

/** Calls us about what others do in our tickets. When that fails nothing is lost: the poll tells the same. */
export function scripFor({ user }: Pick<RtSettings, 'user'>, callbackUrl: string): Scrip {
  const condition = `my $txn = $self->TransactionObj;
return $txn->Type =~ /^(?:Correspond|Status)$/
    && $self->TicketObj->CreatorObj->Name eq ${perlText(user)}
    && $txn->CreatorObj->Name ne ${perlText(user)};
`
  const commit = `use LWP::UserAgent;
use JSON ();
my $txn = $self->TransactionObj;
my @parts;
my $attachments = $txn->Attachments;
while ( my $attachment = $attachments->Next ) {
    my ( $type, $name ) = ( $attachment->ContentType || '', $attachment->Filename );
    my $part = { id => $attachment->Id, type => $type, name => $name };
    $part->{text} = $attachment->Content
        if !length( $name // '' ) && $type =~ m{^text/(?:plain|html)$};
    push @parts, $part;
}
my $body = JSON->new->utf8->canonical->encode(
    {   ticket      => $self->TicketObj->Id,
        transaction => $txn->Id,
        type        => $txn->Type,
        at          => $txn->CreatedObj->W3CDTF( Timezone => 'UTC' ),
        creator     => { name => $txn->CreatorObj->Name, realName => $txn->CreatorObj->RealName },
        status      => $txn->Type eq 'Status' ? $txn->NewValue : undef,
        parts       => \\@parts,
    }
);
my $answer = LWP::UserAgent->new( timeout => 3 )->post(
    ${perlText(callbackUrl)},
    'Content-Type' => 'application/json',
    Content        => $body,
);
RT->Logger->warning( 'deskbridge answered ' . $answer->code ) unless $answer->is_success;
return 1;
`
  return { condition, commit }
}

function perlText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
