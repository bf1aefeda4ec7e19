"""Frames and side remarks shared by all requests. Lines after `--` are held out."""

ORDERS = """
please {x}.
{x}, please.
can you {x}?
could you {x}?
could you please {x}?
would you {x}?
will you {x}?
I want you to {x}.
I need you to {x}.
I'd like you to {x}.
go ahead and {x}.
just {x}.
you should {x} now.
now {x}.
then {x}.
let's {x}.
can you {x} for me?
please {x} for me.
{x} for me.
time to {x}.
your task: {x}.
task: {x}
todo: {x}
help me {x}.
do me a favour and {x}.
be so kind as to {x}.
kindly {x}.
try to {x}.
I would like to {x}.
I want to {x}.
we need to {x}.
we have to {x}.
is it possible to {x}?
are you able to {x}?
would you mind helping me {x}?
it would be great if you could {x}.
I was hoping you could {x}.
my boss wants us to {x}.
{x} as soon as you can.
{x} right away.
I must {x} today.
use your tools to {x}.
you may {x} now.
use a tool and {x}.
how can I {x}?
can I ask you to {x}?
next step: {x}.
what I need is this: {x}.
{x} and report back.
{x} and tell me what you get.
--
any chance you could {x}?
would you be able to {x}?
I'd appreciate it if you would {x}.
next job for you: {x}.
make sure to {x}.
the plan is to {x}.
somebody has to {x}.
feel free to {x}.
don't forget to {x}.
could I get you to {x}?
your next assignment is to {x}.
{x} when you have a moment.
"""

QUESTIONS = """
tell me: {x}?
hey, {x}?
quick question: {x}?
I have a question: {x}?
and {x}?
so {x}?
{x}, please?
can you tell me this: {x}?
one question. {x}?
question: {x}?
I need to know: {x}?
please answer: {x}?
can you find out: {x}?
please tell me, {x}?
now, {x}?
also, {x}?
I forgot: {x}?
{x} exactly?
check this for me: {x}?
--
let me ask you something: {x}?
I am curious: {x}?
here is my question: {x}?
remind me, {x}?
say, {x}?
any idea: {x}?
"""

THINGS = """
give me {x}.
show me {x}.
I need {x}.
I want {x}.
tell me {x}.
I'd like {x}.
I would like {x}.
{x}?
could I have {x}?
may I see {x}?
can you give me {x}?
can you show me {x}?
get me {x}.
I am looking for {x}.
I want to know {x}.
I want to see {x}.
let me see {x}.
let me have {x}.
bring me {x}.
we need {x}.
can you get {x}?
how about {x}?
find {x}.
please give me {x}.
please get {x}.
I have to know {x}.
I'm asking for {x}.
look for {x}.
do you have {x}?
what I want is {x}.
--
I could use {x}.
hand me {x}.
I am after {x}.
would you have {x}?
fetch {x} for me.
can I get {x}?
my request: {x}.
it is {x} that I need.
"""

OPENINGS = """
Hi.
Hi!
Hello.
Hello!
Hey.
Hey there.
Good morning.
OK.
Right.
Thanks.
Great, thank you.
Next.
One more thing.
Sorry to bother you.
Hi, {@first} here.
I am back.
I am {@first}.
It's me, {@first}.
Let me see.
Another one.
Hello Puna.
Puna, I need help.
Good.
Fine.
Now something else.
I have a request.
Are you there?
{@first} here.
--
Greetings!
Well then.
Good evening to you.
Listen.
Excuse me.
Hello again, friend.
I hope you are well.
This is {@first} speaking.
"""

TAILS = """
Thanks.
Thank you!
Thanks a lot.
Thank you very much.
I am in a hurry.
No rush.
Keep it short.
It is for my {@topic} project.
That is all.
I will wait.
{@first} asked for it.
Answer briefly.
Be quick.
It is important.
I have only {@num} minutes.
I need it for {@first}.
Don't ask me why.
We are late already.
Just the answer.
Please hurry.
I can't do it myself.
I tell {@first} later.
One sentence is enough.
--
Much appreciated.
Cheers!
Take your time.
My friend {@first} would like to know.
I owe you one.
It would make my day.
We leave for {@city} soon.
Nothing more for today.
"""

REMARKS = """
I am working on {@topic}.
Yesterday I met {@first} in {@city}.
The weather was nice this week.
My {@item} broke again.
I have {@num} things to do today.
I slept badly.
{@first} said you are good at this.
I am sitting in a cafe in {@city}.
It is a long day.
I am learning about {@topic}.
My phone number ends in {@num}.
I had {@food} for lunch.
My {@animal} is sleeping.
{@first} will be here at noon.
There are {@num} people in my team.
We moved to {@city} last year.
I bought a new {@item}.
I don't know how to do this.
I am a {@job}.
This is my first time here.
{@first} and I have a bet.
I am preparing a talk about {@topic}.
We had {@num} visitors this month.
I lost my {@item}.
Today is a busy day.
I am tired.
I wrote to {@first} about {@topic}.
I tried it on paper and failed.
--
My colleague {@first} could not do it.
I just came home from {@city}.
A {@animal} woke me up this morning.
We are getting ready for the exam.
I spilled {@food} on my {@item}.
Somebody left {@num} messages.
The meeting with {@first} was boring.
I read something about {@topic} once.
"""
