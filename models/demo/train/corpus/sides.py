"""Openings, tails and side remarks around requests. Lines after `--` are held out."""

OPENINGS = """
Hi.
Hi!
Hello.
Hello!
Hey.
Hey!
Hey there.
Hi there.
Good morning.
Good evening.
Good day.
OK.
OK then.
Right.
Thanks.
Thank you.
Great, thank you.
Thanks, good work.
Next.
Next one.
One more thing.
One more question.
Sorry to bother you.
Sorry, me again.
Hi, {@first} here.
Hello, {@first} here.
I am back.
I am here again.
I am {@first}.
This is {@first}.
This is {@first} speaking.
It's me, {@first}.
It's me again.
Let me see.
Another one.
Another question.
Hello Puna.
Hi Puna.
Hey Puna!
Puna, I need help.
I need your help.
I need help.
Help me, please.
Good.
Very good.
Fine.
Great!
Now something else.
Something else now.
I have a request.
I have a question.
I have something to do.
Are you there?
{@first} here.
Greetings!
Well then.
Listen.
Excuse me.
Hello again, friend.
I hope you are well.
So then.
Well.
Alright.
--
Hello, this is {@first} again.
Good morning, I need your help.
Sorry, one more question.
Hey, it's me.
Very good, Puna!
Hi Puna, are you there?
Excuse me, I have a question.
Now another one.
"""

TAILS = """
Thanks.
Thanks!
Thank you!
Thank you.
Thanks a lot.
Thanks a lot!
Many thanks.
Thank you very much.
Thanks for your help.
Thank you in advance.
I am in a hurry.
I'm in a hurry.
No rush.
No hurry.
There is no hurry.
Keep it short.
Make it short.
A short answer, please.
It is for my {@topic} project.
That is all.
That's all.
That is all for now.
That is all I need.
I will wait.
I can wait.
{@first} asked for it.
{@first} asked me for it.
{@first} needs it.
{@first} wants to know.
Answer briefly.
Please answer briefly.
Be quick.
Be quick, please.
It is important.
This is important.
This is very important.
I have only {@num} minutes.
I need it for {@first}.
I need it now.
I need it today.
Don't ask me why.
We are late already.
I am late.
Just the answer.
Just the answer, please.
Only the answer.
Please hurry.
I can't do it myself.
I tell {@first} later.
One sentence is enough.
One line is enough.
A short answer is enough.
Much appreciated.
Cheers!
Take your time.
My friend {@first} would like to know.
I owe you one.
Nothing more for today.
--
Please make it quick.
Many thanks for your help.
I need only the answer.
{@first} asked me, and I need it today.
A quick answer is enough.
Thanks, that is all for today.
My friend {@first} needs it now.
There is no rush, I can wait.
"""

REMARKS = """
I am working on {@topic}.
I am working with {@first} today.
Yesterday I met {@first} in {@city}.
Today I met {@first}.
The weather was nice this week.
The weather was bad yesterday.
My {@item} broke again.
My {@item} is broken.
I have {@num} things to do today.
I have a lot to do today.
I slept badly.
I slept well.
{@first} said you are good at this.
{@first} told me about you.
I am sitting in a cafe in {@city}.
I am sitting at home.
It is a long day.
It was a long day.
It was a long week.
I am learning about {@topic}.
I read about {@topic} today.
My phone number ends in {@num}.
I had {@food} for lunch.
We had {@food} for lunch.
My {@animal} is sleeping.
My {@animal} is at home.
{@first} will be here at noon.
{@first} will be here tomorrow.
{@first} is here.
There are {@num} people in my team.
There were {@num} people at the meeting.
We moved to {@city} last year.
We were in {@city} last week.
I bought a new {@item}.
I bought {@food} yesterday.
I don't know how to do this.
I have never done this.
I am a {@job}.
I work as a {@job}.
This is my first time here.
{@first} and I have a bet.
I am preparing a talk about {@topic}.
We had {@num} visitors this month.
I lost my {@item}.
I lost my {@item} in {@city}.
Today is a busy day.
I am tired.
I am very tired today.
I am busy.
I am a bit late.
I wrote to {@first} about {@topic}.
I tried it on paper and failed.
I tried it myself.
My colleague {@first} could not do it.
I just came home from {@city}.
A {@animal} woke me up this morning.
The meeting with {@first} was boring.
I read something about {@topic} once.
--
I met {@first} at the meeting this week.
My new {@item} is broken.
We are working on a talk about {@topic}.
This week I was in {@city} with {@first}.
I had a long meeting yesterday.
I am tired and I have a lot to do.
Last month I bought a {@item} in {@city}.
{@first} is sleeping at home.
"""
