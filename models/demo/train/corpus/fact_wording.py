"""Wording of other people's facts and of changed facts. Lines after `--` are held out."""

from .wording import parts

THEIR_THING = (parts("""
{p}'s {k} is {v}.
{p}'s {k} is {v}.
{p}'s {k}: {v}
The {k} of {p} is {v}.
The {k} for {p} is {v}.
Note that {p}'s {k} is {v}.
Note that the {k} of {p} is {v}.
Note {p}'s {k}: {v}
Remember that the {k} of {p} is {v}.
Remember that {p}'s {k} is {v}.
Remember: {p}'s {k} is {v}.
Please remember that {p}'s {k} is {v}.
Please note the {k} of {p}: {v}
{p} told me that the {k} is {v}.
{p} told me the {k} is {v}.
{p} says the {k} is {v}.
For {p} the {k} is {v}.
For {p}, the {k} is {v}.
{p} has the {k} {v}.
{p} has {v} as the {k}.
By the way, {p}'s {k} is {v}.
By the way, the {k} of {p} is {v}.
Keep in mind that {p}'s {k} is {v}.
Keep in mind that the {k} of {p} is {v}.
As for {p}, the {k} is {v}.
As to {p}, the {k} is {v}.
{v} is the {k} of {p}.
{v} is {p}'s {k}.
Write down {v} as the {k} of {p}.
Also, {p}'s {k} is {v}.
--
Please keep in mind that {v} is {p}'s {k}.
Note: for {p} the {k} is {v}.
{p} says that {v} is the {k}.
By the way, {p} has the {k} {v}.
Remember {v} as the {k} of {p}.
"""), parts("""
What is {p}'s {k}?
What's {p}'s {k}?
What was {p}'s {k}?
What is the {k} of {p}?
What's the {k} of {p}?
What was the {k} of {p}?
What {k} does {p} have?
What did {p} say about the {k}?
What did I say about the {k} of {p}?
What did I tell you about {p}'s {k}?
Tell me {p}'s {k}.
Tell me the {k} of {p}.
Tell me what {p}'s {k} is.
Tell me which {k} {p} has.
Give me {p}'s {k}.
Do you know the {k} of {p}?
Do you know {p}'s {k}?
Do you remember {p}'s {k}?
Do you remember the {k} of {p}?
Can you tell me {p}'s {k}?
Can you tell me the {k} of {p}?
Which {k} does {p} have?
Which {k} has {p}?
Which is {p}'s {k}?
Remind me of {p}'s {k}.
Remind me of the {k} of {p}.
I forgot the {k} of {p}. What is it?
I forgot {p}'s {k}.
And {p}'s {k}?
And {p}'s {k} was what?
And what is the {k} of {p}?
{p}'s {k}?
--
Do you know which {k} {p} has?
Can you remind me of {p}'s {k}?
I forgot {p}'s {k}. Tell me.
And what was the {k} of {p}?
Do you remember what {k} {p} has?
"""), "{p}'s {k} is {v}.")
CHANGES = parts("""
Actually, my {k} is {v} now.
Actually, my {k} is {v}.
Actually my {k} is {v}.
My {k} has changed, it is {v} now.
My {k} has changed to {v}.
My {k} changed, it is now {v}.
My {k} is now {v}.
My {k} is {v} now.
My {k} is {v} from now on.
From now on my {k} is {v}.
My new {k} is {v}.
Correction: my {k} is {v}.
Correction, my {k} is now {v}.
I was wrong, my {k} is {v}.
I was wrong about my {k}, it is {v}.
I made a mistake, my {k} is {v}.
I changed my mind, my {k} is {v}.
Sorry, my {k} is {v}.
No, sorry, my {k} is {v}.
No, my {k} is {v}.
No wait, my {k} is {v}.
Wait, my {k} is {v}.
Update: my {k} is now {v}.
Update my {k}: it is {v}.
Please update my {k} to {v}.
Change my {k} to {v}.
Please change my {k} to {v}.
Forget the old one, my {k} is {v}.
Forget my old {k}, it is {v} now.
Make that {v} for my {k}.
It is not so, my {k} is {v}.
--
Sorry, I made a mistake: my new {k} is {v}.
Please forget my old {k}, from now on it is {v}.
Correction: my {k} has changed to {v}.
Wait, I was wrong, my {k} is now {v}.
No, please make my {k} {v}.
""")
